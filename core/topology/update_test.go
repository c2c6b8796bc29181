package topology

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// manyNodes returns a cluster of n nodes, each with a shard and a share of the slots.
func manyNodes(t testing.TB, n int) *State {
	t.Helper()
	var specs []ShardSpec
	for i := range n {
		var id NodeID
		binary.BigEndian.PutUint32(id[:], uint32(i+1))
		node := Node{ID: id, Host: "192.0.2.1", ClientPort: 6379, BusPort: 16379, Boot: 1}
		spec := ShardSpec{ID: ShardID(id), Epoch: uint64(i), Nodes: []Node{node}}
		spec.Slots.AddRange(slots.Range{First: slots.Slot(i * slots.Count / n), Last: slots.Slot((i+1)*slots.Count/n - 1)})
		specs = append(specs, spec)
	}
	s, err := Build(testCluster, specs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Of a large cluster, who lacks one change gets little more than the change; who lacks more than is kept gets the whole.
func TestDeltaIsSmall(t *testing.T) {
	s := manyNodes(t, 1000)
	archive := NewArchive(3)
	states := []*State{s}
	for i := range 6 {
		archive.Add(s)
		shard, other := s.Shards()[i], s.Shards()[999-i]
		moved := s.SlotsOf(shard.ID)
		s, _ = s.Apply(DeleteSlots{Shard: shard.ID, Epoch: shard.Epoch, Slots: moved})
		s, _ = s.Apply(AddSlots{Shard: other.ID, Epoch: other.Epoch, Slots: moved})
		states = append(states, s)
	}
	for back := 1; back <= 6; back++ {
		base := states[6-back]
		update := archive.AppendUpdate([]byte("prefix"), base.Stamp(), s)[len("prefix"):]
		if whole := len(s.Append(nil)); back <= 3 && len(update) > 200 || back > 3 && len(update) != whole+1 {
			t.Errorf("%d versions back: %d bytes, the whole has %d", back, len(update), whole)
		}
		got, err := ReadUpdate(base, update)
		if err != nil || !same(got, s) || got.Stamp() != s.Stamp() {
			t.Errorf("%d versions back: %v", back, err)
		}
	}
	if !states[1].Stamp().Newer(states[0].Stamp()) || states[0].Stamp().Newer(states[0].Stamp()) || !states[0].NextGeneration(s.Nodes()[0].ID).Stamp().Newer(s.Stamp()) {
		t.Error("stamps are ordered wrongly")
	}
}

func TestDeltaForAnother(t *testing.T) {
	base := testState(t)
	archive := NewArchive(1)
	archive.Add(base)
	next, _ := base.Apply(SetSetting{Name: "name", Value: "value"})
	delta := next.appendDelta(nil, base)
	for name, other := range map[string]*State{"none": nil, "another version": next, "another cluster": testSolo()} {
		if got, err := ReadUpdate(other, delta); !errors.Is(err, ErrWrongBase) || got != nil || !isWireError(err, wire.Malformed) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	spoiled := bytes.Clone(delta)
	spoiled[17]++ // in the hash of the result
	if _, err := ReadUpdate(base, spoiled); !isWireError(err, wire.Malformed) {
		t.Errorf("with another hash: %v", err)
	}
	for n := range delta {
		if got, err := ReadUpdate(base, delta[:n]); err == nil {
			t.Errorf("%d of %d bytes gave %v", n, len(delta), got)
		}
	}
}

// Chunks that come late, twice, out of order or of other updates do not harm: what comes out whole is what went in.
func TestChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		updates := [][]byte{bytes.Repeat([]byte("first"), 20), bytes.Repeat([]byte("second"), 30)}
		stamp := func(i int) Stamp { return Stamp{Generation: 1, Version: uint64(i + 1), Hash: 7} }
		size := rapid.IntRange(1, 50).Draw(t, "size")
		var a Assembly
		for range rapid.IntRange(0, 40).Draw(t, "strays") {
			i := rapid.IntRange(0, 1).Draw(t, "update")
			offset := rapid.IntRange(0, len(updates[i])-1).Draw(t, "offset") / size * size
			c, err := DecodeChunk(CutChunk(stamp(i), updates[i], offset, size).Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			if update, whole := a.Add(c); whole && !bytes.Equal(update, updates[i]) {
				t.Fatalf("got %q", update)
			}
		}
		for steps := 0; ; steps++ {
			offset := 0
			if of, want, ok := a.Want(); ok && of == stamp(1) {
				offset = want
			}
			update, whole := a.Add(CutChunk(stamp(1), updates[1], offset, size))
			if whole {
				if !bytes.Equal(update, updates[1]) {
					t.Fatalf("got %q", update)
				}
				return
			}
			if steps > len(updates[1]) {
				t.Fatal("it does not come to an end")
			}
		}
	})
}

func FuzzReadUpdate(f *testing.F) {
	base := testState(f)
	archive := NewArchive(1)
	archive.Add(base)
	for _, c := range []Command{
		SetSetting{Name: "name", Value: "value"},
		AddSlots{Shard: shardNamed("1"), Epoch: 3, Slots: slotSet(f, "100-200")},
		Join{Node: testNode("e"), Shard: shardNamed("e"), Claims: slotSet(f, "300")},
		Promote{Shard: shardNamed("1"), Epoch: 3, Node: nodeNamed("a"), Boot: 1},
	} {
		next, _ := base.Apply(c)
		f.Add(next.appendDelta(nil, base))
		f.Add(archive.AppendUpdate(nil, Stamp{}, next))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadUpdate(base, data)
		var e *wire.Error
		switch {
		case err != nil && (!errors.As(err, &e) || int(e.Kind) >= wire.Kinds):
			t.Fatalf("untyped error %v", err)
		case err == nil && s.Check() != nil:
			t.Fatal(s.Check())
		}
	})
}

func FuzzDecodeChunk(f *testing.F) {
	f.Add(CutChunk(Stamp{Generation: 1, Version: 2, Hash: 3}, []byte("an update"), 3, 4).Append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeChunk(data)
		if err != nil {
			if !isWireError(err, wire.Truncated) && !isWireError(err, wire.Malformed) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(c.Append(nil), data) {
			t.Fatalf("%x is written as %x", data, c.Append(nil))
		}
		var a Assembly
		a.Add(c)
	})
}

func FuzzDecodeResult(f *testing.F) {
	s := testState(f)
	for _, c := range []Command{
		SetSetting{Name: "name", Value: "value"}, SetSetting{Name: "bad name"}, Forget{Node: nodeNamed("d")}, Promote{Shard: shardNamed("1")},
		Batch{Commands: []Command{AddSlots{Shard: shardNamed("1"), Epoch: 3, Slots: slotSet(f, "5")}, Forget{Node: nodeNamed("f")}}},
	} {
		_, result := s.Apply(c)
		f.Add(AppendResult(nil, result))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := DecodeResult(data)
		var e *wire.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("untyped error %v", err)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(AppendResult(nil, result), data) || result.Err != nil && result.Err.Error() == "" {
			t.Fatalf("%+v", result)
		}
	})
}
