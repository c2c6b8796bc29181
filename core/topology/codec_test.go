package topology

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

func TestStateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawState(t)
		for range rapid.IntRange(0, 5).Draw(t, "commands") {
			s, _ = s.Apply(drawCommand(t, s))
		}
		encoded := s.Append(nil)
		decoded, err := Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(decoded, s) {
			t.Fatalf("decoded\n%v\nwant\n%v", decoded, s)
		}
		if again := decoded.Append(nil); !bytes.Equal(again, encoded) {
			t.Fatal("encoding of the decoded state differs")
		}
		if size := len(encoded); size > MaxStateBytes {
			t.Fatalf("%d bytes are above the bound", size)
		}
	})
}

func TestCommandRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCommand(t, drawState(t))
		encoded := AppendCommand(nil, c)
		decoded, err := DecodeCommand(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(decoded, c) {
			t.Fatalf("decoded %v, want %v", decoded, c)
		}
		for n := range encoded {
			if _, err := DecodeCommand(encoded[:n]); !isWireError(err, wire.Truncated) {
				t.Fatalf("%d of %d bytes of %v: %v", n, len(encoded), c, err)
			}
		}
		if _, err := DecodeCommand(append(encoded, 0)); !isWireError(err, wire.Trailing) {
			t.Fatalf("with a byte more: %v", err)
		}
	})
}

func isWireError(err error, kind wire.ErrorKind) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Kind == kind
}

// The largest of each is within its bound, and can be read.
func TestLargest(t *testing.T) {
	long := strings.Repeat("h", MaxHost)
	zone := strings.Repeat("z", MaxZone)
	var specs []ShardSpec
	for i := range MaxNodes {
		var id NodeID
		binary.BigEndian.PutUint32(id[:], uint32(i+1))
		node := Node{ID: id, Host: long, Hostname: long, Zone: zone, ClientPort: 1, BusPort: 1, Boot: 1<<64 - 1}
		spec := ShardSpec{ID: ShardID(id), Epoch: 1<<64 - 1, Nodes: []Node{node}}
		spec.Slots.Add(slots.Slot(i))
		specs = append(specs, spec)
	}
	s, err := Build(testCluster, specs...)
	if err != nil {
		t.Fatal(err)
	}
	encoded := s.Append(nil)
	if len(encoded) > MaxStateBytes {
		t.Errorf("a state of %d bytes is above the bound of %d", len(encoded), MaxStateBytes)
	}
	if decoded, err := Decode(encoded); err != nil || decoded.String() != s.String() {
		t.Errorf("largest state: %v", err)
	}
	specs = append(specs, ShardSpec{ID: shardNamed("f"), Nodes: []Node{testNode("f")}})
	if _, err := Build(testCluster, specs...); err == nil {
		t.Errorf("built a state of %d nodes", len(specs))
	}

	var sparse slots.Set
	for slot := slots.Slot(1); slot < slots.Count; slot += 2 {
		sparse.Add(slot)
	}
	for _, c := range []Command{
		AddSlots{Shard: shardNamed("f"), Epoch: 1<<64 - 1, Slots: sparse},
		SetAddress{Node: nodeNamed("f"), Epoch: 1<<64 - 1, Host: long, Hostname: long, Zone: zone, ClientPort: 65535, BusPort: 65535, TLSPort: 65535},
		TransferSlots{Source: shardNamed("f"), SourceEpoch: 1<<64 - 1, Target: shardNamed("e"), TargetEpoch: 1<<64 - 1, Version: 1<<64 - 1, Slots: sparse},
		Join{
			Token: JoinToken{1}, Node: Node{ID: nodeNamed("f"), Host: long, Hostname: long, Zone: zone, ClientPort: 1, BusPort: 1, Boot: 1<<64 - 1},
			Shard: shardNamed("f"), Epoch: 1<<64 - 1, Claims: sparse, WithKeys: sparse,
		},
	} {
		encoded := AppendCommand(nil, c)
		if len(encoded) > MaxCommandBytes {
			t.Errorf("a command of %d bytes is above the bound of %d", len(encoded), MaxCommandBytes)
		}
		if decoded, err := DecodeCommand(encoded); err != nil || decoded != c {
			t.Errorf("largest command: %v", err)
		}
	}
}

// Every way to damage a state's bytes gives a typed error.
func TestDecodeRefuses(t *testing.T) {
	s := testState(t)
	good := s.Append(nil)
	for n := range good {
		if _, err := Decode(good[:n]); !isWireError(err, wire.Truncated) {
			t.Errorf("%d of %d bytes: %v", n, len(good), err)
		}
	}
	// spoiled returns the bytes of a state that breaks an invariant which the format can express.
	spoiled := func(spoil func(*State)) []byte {
		bad := deepCopy(s)
		spoil(bad)
		return bad.Append(nil)
	}
	with := func(at int, value byte) []byte {
		bad := bytes.Clone(good)
		bad[at] = value
		return bad
	}
	const sections = 1 + 16 + 8 + 8 + 8
	for _, c := range []struct {
		name string
		data []byte
		kind wire.ErrorKind
	}{
		{"trailing byte", append(bytes.Clone(good), 0), wire.Trailing},
		{"format", with(0, stateFormat+1), wire.BadVersion},
		{"section number", with(sections, byte(sectionShards)), wire.BadVersion},
		{"section format", with(sections+1, sectionFormat+1), wire.BadVersion},
		{"settings of a later format", with(len(good)-11, sectionFormat+1), wire.BadVersion},
		{"settings that are not there", with(len(good)-9, 1), wire.Truncated},
		{"no node", spoiled(func(s *State) { s.nodes, s.shards, *s.owners = nil, nil, [slots.Count]uint16{} }), wire.Malformed},
		{"unsorted nodes", spoiled(func(s *State) { s.nodes[0].ID, s.nodes[1].ID = NodeID{9}, NodeID{8}; s.shards = nil }), wire.Malformed},
		{"a node in no shard", spoiled(func(s *State) {
			s.shards[0].Members = s.shards[0].Members[1:]
			s.shards[0].InSync = s.shards[0].Members
		}), wire.Malformed},
		{"an epoch above the highest", spoiled(func(s *State) { s.epoch = 2 }), wire.Malformed},
		{"a host with a blank", spoiled(func(s *State) { s.nodes[0].Host = "a b" }), wire.Malformed},
		{"a long host", spoiled(func(s *State) { s.nodes[0].Host = strings.Repeat("h", MaxHost+1) }), wire.TooLarge},
		{"a port of 0", spoiled(func(s *State) { s.nodes[0].BusPort = 0 }), wire.Malformed},
	} {
		if _, err := Decode(c.data); !isWireError(err, c.kind) {
			t.Errorf("%s: got %v, want kind %v", c.name, err, c.kind)
		}
	}
}

// A broken invariant is named beside the wire error.
func TestDecodeNamesInvariant(t *testing.T) {
	bad := deepCopy(testState(t))
	bad.epoch = 0
	_, err := Decode(bad.Append(nil))
	var check *CheckError
	if !errors.As(err, &check) || !isWireError(err, wire.Malformed) || !strings.Contains(err.Error(), "above the highest") {
		t.Errorf("got %v", err)
	}
}

// Redundant spellings of the slot table are refused, so that a state has one encoding.
func TestSlotRunsAreCanonical(t *testing.T) {
	solo := Solo(testCluster, testNode("a"), shardNamed("1"))
	whole := func(runs ...uint64) []byte {
		var body []byte
		for _, n := range runs {
			body = wire.AppendUvarint(body, n)
		}
		good := solo.Append(nil)
		oldBody := solo.appendSection(nil, sectionSlots)
		old := wire.AppendPrefixed([]byte{byte(sectionSlots), sectionFormat}, oldBody)
		return bytes.Replace(good, old, wire.AppendPrefixed([]byte{byte(sectionSlots), sectionFormat}, body), 1)
	}
	if _, err := Decode(whole(100, 1, slots.Count-100, 0)); err != nil {
		t.Fatalf("two runs: %v", err)
	}
	for name, data := range map[string][]byte{
		"split run":     whole(100, 0, slots.Count-100, 0),
		"empty run":     whole(0, 1, slots.Count, 0),
		"too long":      whole(slots.Count+1, 0),
		"too short":     whole(slots.Count-1, 0),
		"unknown shard": whole(100, 2, slots.Count-100, 0),
	} {
		if _, err := Decode(data); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(testState(f).Append(nil))
	f.Add(Solo(testCluster, testNode("a"), shardNamed("1")).Append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		var e *wire.Error
		switch {
		case err != nil:
			if !errors.As(err, &e) || int(e.Kind) >= wire.Kinds {
				t.Fatalf("untyped error %v", err)
			}
			return
		case s.Check() != nil:
			t.Fatalf("decoded a broken state: %v", s.Check())
		case !bytes.Equal(s.Append(nil), data):
			t.Fatal("the same state has two encodings")
		}
		v := View{State: s, Self: s.Nodes()[0].ID}
		if lines := bytes.Count(v.AppendNodes(nil), []byte("\n")); lines != len(s.Nodes()) {
			t.Fatalf("%d lines for %d nodes", lines, len(s.Nodes()))
		}
	})
}

func FuzzDecodeCommand(f *testing.F) {
	s := testState(f)
	for _, c := range []Command{
		AddSlots{Shard: shardNamed("1"), Epoch: 3, Slots: slotSet(f, "100-200 300")},
		DeleteSlots{Shard: shardNamed("1"), Epoch: 3, Slots: slotSet(f, "0-5")},
		SetAddress{Node: nodeNamed("a"), Epoch: 3, Host: "::1", Hostname: "h", Zone: "z", ClientPort: 1, BusPort: 2},
		SetBoot{Node: nodeNamed("a"), Epoch: 3, Boot: 7},
		Batch{Commands: []Command{BumpEpoch{Shard: shardNamed("1"), Epoch: 3}, SetVoters{Voters: []NodeID{nodeNamed("a")}}}},
		Join{Node: testNode("e"), Shard: shardNamed("e"), Claims: slotSet(f, "0 300"), WithKeys: slotSet(f, "300")},
		MarkMigrating{Source: shardNamed("1"), Epoch: 3, Target: shardNamed("2"), Slots: slotSet(f, "0")},
	} {
		f.Add(AppendCommand(nil, c))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCommand(data)
		var e *wire.Error
		if err != nil {
			if !errors.As(err, &e) || int(e.Kind) >= wire.Kinds {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if !bytes.Equal(AppendCommand(nil, c), data) {
			t.Fatal("the same command has two encodings")
		}
		next, _ := s.Apply(c)
		if err := next.Check(); err != nil {
			t.Fatal(fmt.Errorf("%v: %w", c, err))
		}
	})
}
