package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
)

// anyEffect draws an effect on few keys.
func anyEffect(source *random.Stream) keyspace.Effect {
	key := fmt.Appendf(nil, "k%d", source.IntN(5))
	e := keyspace.Effect{Kind: keyspace.EffectKind(1 + source.IntN(8)), Slot: slots.Of(key)}
	switch e.Kind {
	case keyspace.FlushSlot:
		return e
	case keyspace.FlushAll:
		e.Slot = 0
		return e
	}
	e.Key = key
	switch e.Kind {
	case keyspace.Set:
		e.Value, e.ExpireAt = fmt.Append(nil, source.IntN(1000)), int64(source.IntN(3))
	case keyspace.Append:
		e.Value = []byte("more")
	case keyspace.Overwrite:
		e.Value, e.Offset = []byte("over"), uint32(source.IntN(20))
	case keyspace.ExpireAt:
		e.ExpireAt = 1 + int64(source.IntN(9))
	}
	return e
}

// A ledger comes to what the same effects have made of the data, and to nothing else.
func TestLedgerAgreesWithTheData(t *testing.T) {
	source, data, l := random.New(1), keyspace.New(1), ledger{}
	for range 5000 {
		e := anyEffect(source)
		l.add(&e)
		data.Apply(e)
		if err := l.check(data); err != nil {
			t.Fatal(err)
		}
		if len(l.bytes) > 2000 {
			data, l = keyspace.New(1), ledger{}
		}
	}
}

func TestLedgerDisagreesWithTheData(t *testing.T) {
	for want, hidden := range map[string]keyspace.Effect{
		"1 keys, the node has 2": {Kind: keyspace.Set, Slot: slots.Of([]byte("k2")), Key: []byte("k2"), Value: []byte("v")},
		"1 keys, the node has 0": {Kind: keyspace.Delete, Slot: slots.Of([]byte("k")), Key: []byte("k")},
		`has "vw" and 5`:         {Kind: keyspace.Append, Slot: slots.Of([]byte("k")), Key: []byte("k"), Value: []byte("w")},
		`has "v" and 6`:          {Kind: keyspace.ExpireAt, Slot: slots.Of([]byte("k")), Key: []byte("k"), ExpireAt: 6},
	} {
		data, l := keyspace.New(1), ledger{}
		known := keyspace.Effect{Kind: keyspace.Set, Slot: slots.Of([]byte("k")), Key: []byte("k"), Value: []byte("v"), ExpireAt: 5}
		l.add(&known)
		data.Apply(known)
		data.Apply(hidden)
		if err := l.check(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
