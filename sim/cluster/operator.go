package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport"
)

// An operator is a host that gives nodes commands about the cluster, as a person or redis-cli does: an input names the node and the
// command. Each is carried through before the next one begins: what is not answered, or cannot be done yet, is tried again. In a command
// "@node-3" stands for the address of a node, "#node-3" for its id. "owner-866" is the node that owns slot 866 when the command's turn
// comes, as a person would find it by CLUSTER NODES.
//
//	1.5s input operator-1 node-2 CLUSTER MEET @node-1 7000
//	3s input operator-1 owner-866 CLUSTER SETSLOT 866 MIGRATING #node-2
//
// A CLUSTER MEET is carried through when the node that was told to meet knows the other one.
type operator struct {
	cluster *Cluster
	host    *sim.Host
	bus     transport.Bus
	queue   []*order
	stream  transport.StreamID
	parser  resp.ValueParser
	buffer  []byte
	// deadline is when the command under way is given up, or the next attempt begins.
	deadline time.Duration
	asked    bool // the command was sent, and not answered
	checking bool // it was answered OK, and what it has led to is looked at
	// tried says that a command was sent since the world healed. Where nobody decides, one must be seen to get no answer; each more
	// would only take its timeout.
	tried bool
}

// order is one command of an operator.
type order struct {
	host     string
	node     int // index of the host that it was sent to last
	args     []string
	attempts int
}

const (
	operatorTimeout  = 12 * time.Second
	operatorPause    = 500 * time.Millisecond
	operatorAttempts = 200
)

func operatorName(number int) string { return "operator-" + strconv.Itoa(number) }

func (c *Cluster) bootOperator(index int) sim.Program {
	return program{func(h *sim.Host) sim.Process {
		o := &operator{cluster: c, host: h, bus: h.Listen(1), deadline: sim.Never}
		c.operators[index] = o
		return o
	}}
}

// validateOrder reports a caller's mistake in an operator's input.
func validateOrder(args []string) error {
	kind, number := cutNumber(args[0])
	if kind != "node" && (kind != "owner" || number >= slots.Count) || len(args) < 2 {
		return fmt.Errorf("an operator's input names a node and a command")
	}
	return nil
}

// Handle implements sim.Process.
func (o *operator) Handle(e sim.Event) {
	switch e.Kind {
	case sim.EventInput:
		o.queue = append(o.queue, &order{host: e.Args[0], args: e.Args[1:]})
	case sim.EventStreamData:
		if e.Stream == o.stream {
			o.received(e.Data)
		}
	case sim.EventStreamClosed:
		if e.Stream == o.stream {
			o.stream = 0
			if o.asked {
				o.again()
			}
		}
	case sim.EventDeadline:
		if o.host.Now() >= o.deadline {
			o.again()
			o.deadline = sim.Never
		}
	}
	o.work()
}

// NextDeadline implements sim.Process.
func (o *operator) NextDeadline() time.Duration { return o.deadline }

func (o *operator) idle() bool { return len(o.queue) == 0 }

// work sends the command whose turn it is.
func (o *operator) work() {
	if len(o.queue) == 0 || o.asked || o.deadline != sim.Never {
		return
	}
	next := o.queue[0]
	if next.node = o.cluster.indexOf(next.host); next.node < 0 || o.cluster.namesNobody(next) {
		o.done()
		o.work()
		return
	}
	if o.cluster.partial && !o.cluster.healed(next.node) || o.cluster.beyond(next, o.tried) {
		o.cluster.abandon(next)
		o.done()
		o.work()
		return
	}
	if o.stream == 0 {
		o.stream, o.buffer, o.parser = o.bus.OpenStream(o.cluster.addresses[next.node]), nil, resp.ValueParser{}
	}
	args := next.args
	if o.checking {
		args = []string{"CLUSTER", "NODES"}
	}
	words := make([][]byte, len(args))
	for i, arg := range args {
		words[i] = []byte(o.cluster.resolve(arg))
	}
	o.asked, o.deadline = true, o.host.Now()+operatorTimeout
	if !o.checking {
		next.attempts++
		o.tried = o.cluster.World.Now() >= o.cluster.Config.Chaos
		o.cluster.ordered(next, words)
	}
	o.bus.SendStream(o.stream, resp.AppendCommand(nil, words...))
}

// again tries the command once more, after a pause.
func (o *operator) again() {
	if o.stream != 0 {
		o.bus.CloseStream(o.stream)
		o.stream = 0
	}
	o.asked, o.deadline = false, o.host.Now()+operatorPause
	if len(o.queue) > 0 && o.queue[0].attempts >= operatorAttempts {
		o.done()
	}
}

// done goes on to the next command.
func (o *operator) done() {
	if o.stream != 0 {
		o.bus.CloseStream(o.stream)
		o.stream = 0
	}
	o.queue = o.queue[1:]
	o.asked, o.checking, o.deadline = false, false, sim.Never
}

func (o *operator) received(data []byte) {
	o.buffer = append(o.buffer, data...)
	reply, size, err := o.parser.Next(o.buffer)
	if err != nil {
		o.cluster.World.Fail(sim.Violation, "reply", fmt.Sprintf("a node answered an operator %q", o.buffer))
		return
	}
	if size == 0 || !o.asked {
		return
	}
	o.buffer = o.buffer[size:]
	o.asked, o.deadline = false, sim.Never
	o.judge(&reply)
}

// judge decides whether a command is carried through. Errors about what cannot be done are the end of it too.
func (o *operator) judge(reply *resp.Value) {
	next := o.queue[0]
	text := string(reply.Str)
	meets := strings.EqualFold(next.args[0], "CLUSTER") && strings.EqualFold(next.args[1], "MEET")
	switch {
	case o.checking && strings.Contains(text, " "+strings.TrimSuffix(o.cluster.resolve(next.args[2]), "\n")+":"):
		o.done()
	case o.checking:
		o.checking = false
		o.again()
	case reply.Kind == resp.KindError:
		if o.cluster.refused(next, text) {
			o.done()
		} else {
			o.again()
		}
	case meets:
		o.checking = true
	default:
		o.cluster.fulfilled(next)
		o.done()
	}
}

// refused reports whether an error is the last word about an order.
func (c *Cluster) refused(_ *order, text string) bool {
	for _, passing := range []string{"outcome is unknown", "about to join", "too many", "is at epoch", "Unknown node", "Unknown shard"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(passing)) {
			return false
		}
	}
	return true
}

// resolve puts addresses and ids of nodes into a command.
func (c *Cluster) resolve(arg string) string {
	if len(arg) < 2 || arg[0] != '@' && arg[0] != '#' {
		return arg
	}
	i := c.indexOf(arg[1:])
	switch {
	case i < 0:
		return arg
	case arg[0] == '@':
		return c.hosts[i].Address().String()
	}
	return c.ids[i].String()
}

// indexOf returns the index of a node by the name of its host, or by a slot that it owns, -1 if there is none.
func (c *Cluster) indexOf(name string) int {
	if kind, slot := cutNumber(name); kind == "owner" && slot < slots.Count {
		return c.ownerOf(slots.Slot(slot))
	}
	return slices.IndexFunc(c.hosts, func(h *sim.Host) bool { return h.Name() == name })
}

// ownerOf returns the index of the node that owns a slot, -1 if nobody does.
func (c *Cluster) ownerOf(slot slots.Slot) int {
	state := c.reference()
	if state == nil {
		return -1
	}
	shard, _ := state.Owner(slot)
	return slices.Index(c.ids, shard.Primary)
}

// namesNobody reports whether an order is about a node that the run does not have.
func (c *Cluster) namesNobody(o *order) bool {
	return slices.ContainsFunc(o.args, func(arg string) bool {
		return len(arg) > 1 && (arg[0] == '@' || arg[0] == '#') && c.indexOf(arg[1:]) < 0
	})
}

// reconfigures reports whether somebody changes the configuration in this run.
func (c *Cluster) reconfigures() bool { return len(c.operators) > 0 }

// abandon notes that an order is given up.
func (c *Cluster) abandon(o *order) {
	c.abandoned[o.node] = true
	for _, arg := range o.args {
		if i := c.indexOf(strings.TrimLeft(arg, "@#")); i >= 0 {
			c.abandoned[i] = true
		}
	}
}

// invited reports whether a command of the plan has a node and another one meet. What is left of a plan that was made smaller may have
// none.
func (c *Cluster) invited(index int) bool {
	return slices.ContainsFunc(c.plan.Inputs, func(in sim.Input) bool {
		return len(in.Args) > 3 && strings.EqualFold(in.Args[2], "MEET") && c.isOperator(in.Host) &&
			(c.indexOf(in.Args[0]) == index || c.indexOf(strings.TrimLeft(in.Args[3], "@#")) == index)
	})
}

func (c *Cluster) isOperator(host string) bool {
	return slices.Contains(c.Config.OperatorNames(), host)
}

// beyond reports whether an order is about a node that is gone for good, or that can change nothing until it starts
// anew, or cannot be decided, as was tried.
func (c *Cluster) beyond(o *order, tried bool) bool {
	if c.lost(o.node) || c.broken(o.node) {
		return true
	}
	if tried && !c.decisive(c.expect()) {
		return true // nobody decides anything any more
	}
	if o.attempts > 3 && slices.ContainsFunc(c.nodes, func(d *driver) bool { return d != nil && c.broken(d.index) }) {
		return true // a node that is to vote instead has no log to vote with, and nobody knows that
	}
	return slices.ContainsFunc(o.args, func(arg string) bool {
		i := c.indexOf(strings.TrimLeft(arg, "@#"))
		return i >= 0 && (c.lost(i) || c.broken(i))
	})
}

// ordered notes that a command is under way that may part a node from the others.
func (c *Cluster) ordered(o *order, words [][]byte) {
	command := strings.ToUpper(string(words[0]) + " " + string(words[min(1, len(words)-1)]))
	if command == "CLUSTER RESET" {
		c.apart[o.node] = true
	}
	if command == "CLUSTER FORGET" {
		for i := range c.ids {
			if c.ids[i].String() == string(words[2]) {
				c.apart[i] = true
			}
		}
	}
}

// planned returns the slots that commands of the plan name whose own name begins so, by the node that is told.
func (c *Cluster) planned(command string) []slots.Set {
	sets := make([]slots.Set, len(c.nodes))
	for _, in := range c.plan.Inputs {
		if len(in.Args) < 3 || len(in.Args[2]) < len(command) || !strings.EqualFold(in.Args[2][:len(command)], command) {
			continue
		}
		words := make([][]byte, 0, len(in.Args))
		for _, arg := range in.Args[1:] {
			words = append(words, []byte(arg))
		}
		if node := c.indexOf(in.Args[0]); node >= 0 {
			sets[node] = sets[node].Union(slotsNamed(words))
		}
	}
	return sets
}

// fulfilled notes what a command has led to: slots that were given to a node stay its own, until somebody takes them away.
func (c *Cluster) fulfilled(o *order) {
	words := make([][]byte, len(o.args))
	for i, arg := range o.args {
		words[i] = []byte(arg)
	}
	switch strings.ToUpper(o.args[0] + " " + o.args[min(1, len(o.args)-1)]) {
	case "CLUSTER ADDSLOTS", "CLUSTER ADDSLOTSRANGE":
		c.granted[o.node] = c.granted[o.node].Union(slotsNamed(words))
	}
}

// slotsNamed returns the slots that a command about slots names.
func slotsNamed(words [][]byte) (set slots.Set) {
	ranges := strings.HasSuffix(strings.ToUpper(string(words[1])), "RANGE")
	numbers := make([]int, 0, len(words))
	for _, word := range words[2:] {
		if number, err := strconv.Atoi(string(word)); err == nil && number >= 0 && number < slots.Count {
			numbers = append(numbers, number)
		}
	}
	for i := 0; i < len(numbers); i++ {
		last := numbers[i]
		if ranges && i+1 < len(numbers) {
			last = numbers[i+1]
		}
		set.AddRange(slots.Range{First: slots.Slot(numbers[i]), Last: slots.Slot(max(last, numbers[i]))})
		if ranges {
			i++
		}
	}
	return set
}

// kept returns the slots that each node has, and that it was to be given. Of two that were given the same, while they were in clusters of
// their own, one keeps it.
func (c *Cluster) kept() (all slots.Set) {
	for i, given := range c.planned("ADDSLOTS") {
		if d := c.nodes[i]; d != nil && d.node != nil {
			shard, _ := d.node.State().ShardOf(c.ids[i])
			all = all.Union(given.Intersect(d.node.State().SlotsOf(shard.ID)))
		}
	}
	return all
}

// checkGranted checks that no slot was lost: what was given to a node, and acknowledged, is the node's own in the end, or that of
// another to whom it was given too, unless the plan has somebody take it away.
func (c *Cluster) checkGranted() error {
	e := c.expect()
	accounted := c.kept()
	for _, taken := range c.planned("DELSLOTS") { // by operators, from whoever has them
		accounted = accounted.Union(taken)
	}
	for i, granted := range c.granted {
		if !e.nodes[i] || granted.Empty() || c.apart[i] {
			continue
		}
		state := c.nodes[i].node.State()
		shard, _ := state.ShardOf(c.ids[i])
		owned := state.SlotsOf(shard.ID)
		if lost := granted.Subtract(owned).Subtract(accounted); !lost.Empty() {
			return fmt.Errorf("the slots %v were given to %s, which owns %v", lost, c.hosts[i].Name(), owned)
		}
	}
	return nil
}
