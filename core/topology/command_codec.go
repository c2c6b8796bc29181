package topology

import (
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// The binary form of a command is its kind (1 byte) and its fields: ids as 20 bytes, ports as 2, other numbers as
// uvarints, texts as their length and bytes. A set of slots is the number of its ranges and, for each range, the distance
// of its first slot from the lowest that it could be (a gap behind the range before it), and of its last from its first.
// A command whose fields change gets a new kind.

// maxRanges is the most ranges that a set of slots can have: every other slot.
const maxRanges = slots.Count / 2

// maxSlotSetBytes bounds the binary form of a set of slots.
const maxSlotSetBytes = 2 + maxRanges*(2+2)

// MaxCommandBytes bounds the binary form of a command. A Batch is bounded by the same number, so it can hold one command of
// any size, or many small ones.
const MaxCommandBytes = 1 + 1 + 3 + 1 + 2*(20+10) + 16 + maxNodeBytes + 2*maxSlotSetBytes

// AppendCommand appends the binary form of a command: the same command always gives the same bytes.
func AppendCommand(dst []byte, c Command) []byte {
	return c.appendBody(append(dst, byte(c.Kind())))
}

// DecodeCommand reads what AppendCommand wrote, and nothing else. Whether the command makes sense is for Apply to say. The
// error is a *wire.Error; an unknown kind is a BadVersion.
func DecodeCommand(data []byte) (Command, error) {
	d := decoder{wire.NewReader(data)}
	if len(data) > MaxCommandBytes {
		d.Fail(wire.TooLarge)
	}
	c := d.command(CommandKind(d.Uint8()))
	if err := d.Finish(); err != nil {
		return nil, err
	}
	return c, nil
}

func (d *decoder) command(kind CommandKind) Command {
	switch kind {
	case KindAddSlots:
		return AddSlots{Shard: d.shardID(), Epoch: d.Uvarint(), Slots: d.slotSet()}
	case KindDeleteSlots:
		return DeleteSlots{Shard: d.shardID(), Epoch: d.Uvarint(), Slots: d.slotSet()}
	case KindSetAddress:
		c := SetAddress{Node: d.NodeID(), Epoch: d.Uvarint()}
		var n Node
		d.address(&n)
		c.Host, c.Hostname, c.Zone, c.ClientPort, c.BusPort, c.TLSPort = n.Host, n.Hostname, n.Zone, n.ClientPort, n.BusPort, n.TLSPort
		return c
	case KindSetBoot:
		return SetBoot{Node: d.NodeID(), Epoch: d.Uvarint(), Boot: d.Uvarint()}
	}
	if c := d.memberCommand(kind); c != nil {
		return c
	}
	if c := d.clusterCommand(kind); c != nil {
		return c
	}
	d.Fail(wire.BadVersion)
	return nil
}

func (c AddSlots) appendBody(dst []byte) []byte {
	return appendSlotSet(wire.AppendUvarint(append(dst, c.Shard[:]...), c.Epoch), c.Slots)
}

func (c DeleteSlots) appendBody(dst []byte) []byte {
	return appendSlotSet(wire.AppendUvarint(append(dst, c.Shard[:]...), c.Epoch), c.Slots)
}

func (c SetAddress) appendBody(dst []byte) []byte {
	dst = wire.AppendUvarint(append(dst, c.Node[:]...), c.Epoch)
	node := c.Describe(Node{})
	return appendAddress(dst, &node)
}

func (c SetBoot) appendBody(dst []byte) []byte {
	dst = wire.AppendUvarint(append(dst, c.Node[:]...), c.Epoch)
	return wire.AppendUvarint(dst, c.Boot)
}

func (d *decoder) shardID() (id ShardID) {
	copy(id[:], d.Bytes(len(id)))
	return id
}

func appendSlotSet(dst []byte, set slots.Set) []byte {
	ranges := set.Ranges()
	dst = wire.AppendUvarint(dst, uint64(len(ranges)))
	lowest := 0
	for _, r := range ranges {
		dst = wire.AppendUvarint(dst, uint64(int(r.First)-lowest))
		dst = wire.AppendUvarint(dst, uint64(r.Last-r.First))
		lowest = int(r.Last) + 2 // a slot nearer than that would be in r
	}
	return dst
}

func (d *decoder) slotSet() slots.Set {
	var set slots.Set
	lowest := 0
	for range d.Count(maxRanges, 2) {
		first := lowest + d.below(slots.Count-lowest)
		last := first + d.below(slots.Count-first)
		if d.Err() != nil {
			return slots.Set{}
		}
		set.AddRange(slots.Range{First: slots.Slot(first), Last: slots.Slot(last)})
		lowest = last + 2
	}
	return set
}
