package netsim

import (
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/seal"
	"github.com/ember-cluster/ember/transport/transporttest"
)

// sealedHarness seals what the network carries.
type sealedHarness struct {
	*harness
	ring *seal.Ring
	// modes are those of the buses, in turns.
	modes []seal.Mode
}

func (h sealedHarness) NewBus(r transport.Receiver) transport.Bus {
	stream := random.Derive(uint64(h.attached), "seal")
	fill := func(b []byte) {
		for i := range b {
			b[i] = byte(stream.Uint64())
		}
	}
	bus, err := seal.Listen(r, seal.Options{Ring: h.ring, Random: fill, Mode: h.modes[h.attached%len(h.modes)]}, func(inner transport.Receiver) (transport.Bus, error) {
		return h.harness.NewBus(inner), nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return bus
}

// The contract holds on a sealed bus too, over links good and poor.
func TestSealedContract(t *testing.T) {
	ring, err := seal.ParseRing("0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	for _, modes := range [][]seal.Mode{{seal.Require}, {seal.Prefer, seal.Require}} {
		for seed := range uint64(3) {
			transporttest.Run(t, func(t *testing.T) transporttest.Harness {
				w := newWorld(t, seed)
				if seed > 0 {
					poorLinks(w)
				}
				return sealedHarness{&harness{world: w}, ring, modes}
			})
		}
	}
}
