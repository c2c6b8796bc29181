package command

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

// clusterSlotStatsRows is the statistics of slots, which Valkey 8 has.
var clusterSlotStatsRows = []*Row{{
	Name: "cluster|slot-stats", Arity: -4, Flags: Loading | Stale,
	Tips:  []string{"nondeterministic_output", "request_policy:all_shards"},
	Group: "cluster", Since: "8.0.0", Summary: "Returns what is counted for each slot of this node's shard.",
	Complexity: "O(N) in the number of slots, O(N*log(N)) with ORDERBY",
	Arguments: []Argument{{Name: "filter", Type: OneOf, Arguments: []Argument{
		{Name: "slotsrange", Type: Block, Token: "SLOTSRANGE", Arguments: []Argument{
			{Name: "start-slot", Type: IntegerArgument}, {Name: "end-slot", Type: IntegerArgument},
		}},
		{Name: "orderby", Type: Block, Token: "ORDERBY", Arguments: []Argument{
			{Name: "metric", Type: StringArgument}, {Name: "limit", Type: IntegerArgument, Token: "LIMIT", Optional: true},
			{Name: "order", Type: OneOf, Optional: true, Arguments: []Argument{token("ASC", ""), token("DESC", "")}},
		}},
	}}},
	Run: clusterSlotStats,
}}

const (
	errUnknownMetric   Error = "ERR Unrecognized sort metric for ORDERBY."
	errSlotStatsLimit  Error = "ERR Limit has to lie in between 1 and 16384 (maximum number of slots)."
	errRepeatedFilters Error = "ERR Multiple filters of the same type are disallowed."
)

func clusterSlotStats(c *Context) {
	switch {
	case len(c.Args) == 5 && isWord(c.Args[2], "slotsrange"):
		c.slotStatsOfRange()
	case isWord(c.Args[2], "orderby"):
		c.orderedSlotStats()
	default:
		c.fail(wrongSubcommandSyntax(c.Args))
	}
}

func (c *Context) slotStatsOfRange() {
	first, firstOK := parseSlot(c.Args[3])
	last, lastOK := parseSlot(c.Args[4])
	switch {
	case !firstOK || !lastOK:
		c.fail(errBadSlot)
		return
	case first > last:
		c.fail(Error(fmt.Sprintf("ERR Start slot number %d is greater than end slot number %d", first, last)))
		return
	}
	c.writeSlotStats(slices.DeleteFunc(c.ownSlots(), func(slot slots.Slot) bool { return slot < first || slot > last }))
}

// orderedSlotStats executes ORDERBY: by what is counted, and by number where that is equal.
func (c *Context) orderedSlotStats() {
	if !isWord(c.Args[3], "key-count") {
		c.fail(errUnknownMetric)
		return
	}
	limit, ascending, err := slotStatsFilters(c.Args[4:])
	if err != nil {
		c.fail(err)
		return
	}
	all := c.ownSlots()
	slices.SortStableFunc(all, func(a, b slots.Slot) int {
		if ascending {
			a, b = b, a
		}
		return cmp.Compare(c.Space.Count(b), c.Space.Count(a))
	})
	c.writeSlotStats(all[:min(limit, len(all))])
}

// slotStatsFilters reads [LIMIT limit] [ASC | DESC].
func slotStatsFilters(args [][]byte) (limit int, ascending bool, err error) {
	limit = slots.Count
	limits, orders := 0, 0
	for i := 0; i < len(args); i++ {
		switch {
		case isWord(args[i], "limit") && i+1 < len(args):
			i++
			number, ok := keyspace.ParseInteger(args[i])
			if !ok || number < 1 || number > slots.Count {
				return 0, false, errSlotStatsLimit
			}
			limit = int(number)
			limits++
		case isWord(args[i], "asc"), isWord(args[i], "desc"):
			ascending = isWord(args[i], "asc")
			orders++
		default:
			return 0, false, errSyntax
		}
		if limits > 1 || orders > 1 {
			return 0, false, errRepeatedFilters
		}
	}
	return limit, ascending, nil
}

// ownSlots lists the slots of this node's shard.
func (c *Context) ownSlots() (list []slots.Slot) {
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	set := view.State.SlotsOf(own.ID)
	for slot, ok := set.Next(0); ok; slot, ok = set.Next(slot + 1) {
		list = append(list, slot)
	}
	return list
}

// writeSlotStats writes the statistics of slots. Keys are all that is counted, as in Valkey unless it is told to count more.
func (c *Context) writeSlotStats(list []slots.Slot) {
	w := c.Reply
	w.Array(len(list))
	for _, slot := range list {
		w.Array(2)
		w.Int(int64(slot))
		w.Map(1)
		w.BulkString("key-count")
		w.Int(int64(c.Space.Count(slot)))
	}
}
