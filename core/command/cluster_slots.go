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
		Proposes:   true,
		Run:        func(c *Context) { c.addSlots(parseSlots) },
	},
	{
		Name: "cluster|addslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "7.0.0", Summary: "Assigns ranges of slots to this node's shard.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneRangeOrMore,
		Proposes:   true,
		Run:        func(c *Context) { c.addSlots(parseSlotRanges) },
	},
	{
		Name: "cluster|delslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Takes slots from the shard that owns them.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneSlotOrMore,
		Proposes:   true,
		Run:        func(c *Context) { c.deleteSlots(parseSlots) },
	},
	{
		Name: "cluster|delslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "7.0.0", Summary: "Takes ranges of slots from the shard that owns them.",
		Complexity: "O(N) in the number of slots",
		Arguments:  oneRangeOrMore,
		Proposes:   true,
		Run:        func(c *Context) { c.deleteSlots(parseSlotRanges) },
	},
	{
		Name: "cluster|flushslots", Arity: 2, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Takes all slots from this node's shard.",
		Complexity: "O(1)",
		Proposes:   true,
		Run:        clusterFlushSlots,
	},
	{
		Name: "cluster|flushslot", Arity: -3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "9.0.0", Summary: "Deletes the keys of a slot in this node.",
		Complexity:   "O(N) in the number of keys",
		Arguments:    []Argument{{Name: "slot", Type: IntegerArgument}, flushMode("", "", "")},
		MayReplicate: true,
		Run:          clusterFlushSlot,
	},
	{
		Name: "cluster|setslot", Arity: -4, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Says whose a slot is, or between whom it is on its way.",
		Complexity: "O(1)",
		Arguments: []Argument{{Name: "slot", Type: IntegerArgument}, {Name: "subcommand", Type: OneOf, Arguments: []Argument{
			{Name: "importing", Type: StringArgument, Token: "IMPORTING"}, {Name: "migrating", Type: StringArgument, Token: "MIGRATING"},
			{Name: "node", Type: StringArgument, Token: "NODE"}, token("STABLE", ""),
		}}},
		Run: clusterSetSlot,
	},
}

const (
	errBadSlot       Error = "ERR Invalid or out of range slot"
	errFlushSlots    Error = "ERR DB must be empty to perform CLUSTER FLUSHSLOTS."
	errManyOwners    Error = "ERR The slots have more owners than one change can have"
	errWriteReplica  Error = "READONLY You can't write against a read only replica."
	errSetSlotHere   Error = "ERR Please use SETSLOT only with masters."
	errSetSlotAction Error = "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP"
	errSetSlotTarget Error = "ERR Target node is not a master"
)

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

// deleteSlots proposes that nobody owns slots which have an owner now, not necessarily this node's shard.
func (c *Context) deleteSlots(parse slotParser) {
	view := c.Server.View()
	set, err := c.slotSet(parse, func(slot slots.Slot) error {
		if _, assigned := view.State.Owner(slot); !assigned {
			return &topology.Refusal{Reason: topology.SlotUnassigned, Slot: slot}
		}
		return nil
	})
	if err != nil {
		c.fail(err)
		return
	}
	c.proposeDeletion(set)
}

// proposeDeletion proposes to take slots from whoever owns them, and finds out who that is.
func (c *Context) proposeDeletion(set slots.Set) {
	state := c.Server.View().State
	var batch topology.Batch
	for rest := set; !rest.Empty(); {
		first, _ := rest.Next(0)
		owner, _ := state.Owner(first)
		change := topology.DeleteSlots{Shard: owner.ID, Epoch: owner.Epoch}
		for slot, more := rest.Next(0); more; slot, more = rest.Next(slot + 1) {
			if shard, _ := state.Owner(slot); shard.ID == owner.ID {
				change.Slots.Add(slot)
			}
		}
		rest = rest.Subtract(change.Slots)
		batch.Commands = append(batch.Commands, change)
	}
	switch {
	case len(batch.Commands) == 1:
		c.Propose(batch.Commands[0])
	case len(batch.Commands) > topology.MaxBatch:
		c.fail(errManyOwners)
	default:
		c.Propose(batch)
	}
}

func clusterFlushSlots(c *Context) {
	if c.Space.Len() > 0 {
		c.fail(errFlushSlots)
		return
	}
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	c.proposeDeletion(view.State.SlotsOf(own.ID))
}

func clusterFlushSlot(c *Context) {
	slot, ok := parseSlot(c.Args[2])
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	switch {
	case len(c.Args) > 4:
		c.fail(wrongSubcommandSyntax(c.Args))
	case !ok:
		c.fail(errBadSlot)
	case len(c.Args) == 4 && !isFlushMode(c.Args[3]):
		c.fail(errSyntax)
	case own.Primary != view.Self:
		c.fail(errWriteReplica)
	default:
		if c.Space.Count(slot) > 0 {
			c.Apply(keyspace.Effect{Kind: keyspace.FlushSlot, Slot: slot})
		}
		c.ok()
	}
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
