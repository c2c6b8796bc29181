package command

import (
	"fmt"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// oneSlotOrMore and oneRangeOrMore document the arguments of the commands that assign slots.
var (
	oneSlotOrMore  = []Argument{{Name: "slot", Type: IntegerArgument, Multiple: true}}
	oneRangeOrMore = []Argument{{Name: "range", Type: Block, Multiple: true, Arguments: []Argument{
		{Name: "start-slot", Type: IntegerArgument}, {Name: "end-slot", Type: IntegerArgument},
	}}}
)

// clusterSlotRows assign slots.
var clusterSlotRows = []*Row{
	{
		Name: "cluster|addslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Assigns slots to this node's shard.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneSlotOrMore,
		Run:        func(c *Context) { c.addSlots(parseSlots) },
	},
	{
		Name: "cluster|addslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "7.0.0", Summary: "Assigns ranges of slots to this node's shard.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneRangeOrMore,
		Run:        func(c *Context) { c.addSlots(parseSlotRanges) },
	},
	{
		Name: "cluster|delslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Takes slots from the shard that owns them.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneSlotOrMore,
		Run:        func(c *Context) { c.deleteSlots(parseSlots) },
	},
	{
		Name: "cluster|delslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "7.0.0", Summary: "Takes ranges of slots from the shard that owns them.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneRangeOrMore,
		Run:        func(c *Context) { c.deleteSlots(parseSlotRanges) },
	},
}

const errBadSlot Error = "ERR Invalid or out of range slot"

// slotParser gives the slots that the arguments name to admit, one after the other. The first error ends it.
type slotParser func(c *Context, admit func(slots.Slot) error) error

// parseSlots reads single slots, all of them before any is admitted.
func parseSlots(c *Context, admit func(slots.Slot) error) error {
	parsed := make([]slots.Slot, 0, len(c.Args))
	for _, arg := range c.Args[2:] {
		slot, ok := parseSlot(arg)
		if !ok {
			return errBadSlot
		}
		parsed = append(parsed, slot)
	}
	for _, slot := range parsed {
		if err := admit(slot); err != nil {
			return err
		}
	}
	return nil
}

// parseSlotRanges reads pairs of a first and a last slot, and admits each before it reads the next, as Redis does.
func parseSlotRanges(c *Context, admit func(slots.Slot) error) error {
	if len(c.Args)%2 != 0 {
		return WrongArity(c.Row)
	}
	for pairs := c.Args[2:]; len(pairs) > 0; pairs = pairs[2:] {
		first, firstOK := parseSlot(pairs[0])
		last, lastOK := parseSlot(pairs[1])
		if !firstOK || !lastOK {
			return errBadSlot
		}
		if first > last {
			return Error(fmt.Sprintf("ERR start slot number %d is greater than end slot number %d", first, last))
		}
		for slot := first; slot <= last; slot++ {
			if err := admit(slot); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseSlot(text []byte) (slots.Slot, bool) {
	number, ok := keyspace.ParseInteger(text)
	if !ok || number < 0 || number >= slots.Count {
		return 0, false
	}
	return slots.Slot(number), true
}

// addSlots proposes that this node's shard owns slots that nobody owns. What is already plain here is refused here,
// with Redis's words; the change is judged once more when it is decided.
func (c *Context) addSlots(parse slotParser) {
	view := c.Server.View()
	set, err := c.slotSet(parse, func(slot slots.Slot) error {
		if _, busy := view.State.Owner(slot); busy {
			return &topology.Refusal{Reason: topology.SlotBusy, Slot: slot}
		}
		return nil
	})
	if err != nil {
		c.fail(err)
		return
	}
	shard, ok := view.State.ShardOf(view.Self)
	if !ok {
		c.fail(&topology.Refusal{Reason: topology.UnknownNode, Node: view.Self})
		return
	}
	c.Propose(topology.AddSlots{Shard: shard.ID, Epoch: shard.Epoch, Slots: set})
}

// deleteSlots proposes that nobody owns slots which one shard owns now, not necessarily this node's.
func (c *Context) deleteSlots(parse slotParser) {
	view := c.Server.View()
	var owner topology.Shard
	set, err := c.slotSet(parse, func(slot slots.Slot) error {
		shard, assigned := view.State.Owner(slot)
		if !assigned {
			return &topology.Refusal{Reason: topology.SlotUnassigned, Slot: slot}
		}
		if owner.ID.IsZero() {
			owner = shard
		}
		return nil
	})
	if err != nil {
		c.fail(err)
		return
	}
	c.Propose(topology.DeleteSlots{Shard: owner.ID, Epoch: owner.Epoch, Slots: set})
}

// slotSet collects the slots that the arguments name, each admitted by check and named once.
func (c *Context) slotSet(parse slotParser, check func(slots.Slot) error) (set slots.Set, err error) {
	err = parse(c, func(slot slots.Slot) error {
		if err := check(slot); err != nil {
			return err
		}
		if set.Contains(slot) {
			return Error(fmt.Sprintf("ERR Slot %d specified multiple times", slot))
		}
		set.Add(slot)
		return nil
	})
	return set, err
}
