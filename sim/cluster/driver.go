package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/transport"
)

// Ports of every simulated node.
const (
	ClientPort = 7000
	BusPort    = 17000
)

// Tokens of a driver's timers.
const (
	tokenWake       = iota + 1 // hand the gathered client input to the node
	tokenSync                  // the sync of the log is done
	tokenSyncBegins            // it has begun
	tokenDrained               // what was sent to some clients has left
	tokenClose                 // some streams of the bus are closed
)

// driver is the simulator's host of one node: what embernode's loop is in production.
type driver struct {
	cluster *Cluster
	index   int // of the node in the cluster
	host    *sim.Host
	node    *core.Node
	log     *storage.Log
	clients transport.Bus // the port for clients
	bus     transport.Bus // the port for other nodes
	streams streamNames
	conns   connectionNames

	// batch is what clients have sent since the node last looked. Its bytes are copies, in arena.
	batch  core.ClientBatch
	arena  []byte
	asleep bool // no wake-up is on its way
	// due is the node's deadline, if dueKnown is set: only a step changes it.
	due      time.Duration
	dueKnown bool
	// datagram and streamData are memory of events.
	datagram   core.Datagram
	streamData core.StreamData
	// wakes draws how long the node sleeps on arrived input, which decides where batches end.
	wakes   *random.Moments
	drained []core.ClientID // those whose replies are on their way out
	logSync
	// closing are streams that the node has closed and that are open still: what is read from them meanwhile comes to the node.
	closing []transport.StreamID
	// spoke is set once the node has said something to others.
	spoke bool
	// logFailure is what has ended the log, if anything has.
	logFailure error
	ledger     ledger
	recall     recall
	announcement
	watched watched
	// busBytes counts what the node has sent to others in this life, and received from them.
	busBytes int64
	incarnationsHeld
	heard heard
	// configurations counts those that the node has had in force in this life.
	configurations int
	// slots is what a client should know of the latest of these, and noted the configuration that it was last compared with.
	slots *slotCache
	noted *topology.State
}

// bootNode is the program of a node's host.
func (c *Cluster) bootNode(index int) sim.Program {
	return program{func(h *sim.Host) sim.Process {
		d := &driver{cluster: c, index: index, host: h, asleep: true, wakes: h.Moments("wakes")}
		d.clients, d.bus = h.Listen(ClientPort), h.Listen(BusPort)
		d.streams.init()
		d.conns.init()
		c.refusals[index] = d.open()
		if err := c.refusals[index]; err != nil {
			h.Crash(err.Error())
			return d
		}
		c.nodes[index] = d
		d.step(&core.Start{})
		return d
	}}
}

// open recovers the log and makes the node from it.
func (d *driver) open() error {
	recovered, log, err := recoverLog(d.host.Disk(), d.cluster.configOf(d.host).LogSegment, d.host.Moments("log").At(d.cluster.World.Now()).Uint64())
	if err != nil {
		return err
	}
	d.log = log
	if err := d.recall.recovered(recovered.Records); err != nil {
		return err
	}
	options := d.cluster.nodeOptions(d.index)
	options.Random = random.New(d.host.Moments("node").At(d.cluster.World.Now()).Uint64())
	if !d.cluster.Config.Unchecked {
		options.Observer = d
	}
	if d.node, err = core.New(options, recovered); err != nil {
		return err
	}
	if d.cluster.ids[d.index].IsZero() {
		d.cluster.ids[d.index] = d.node.ID()
		d.cluster.named++
	}
	return nil
}

// recoverLog opens a node's log and reads what it holds.
func recoverLog(disk storage.Directory, segment int64, salt uint64) (core.Recovered, *storage.Log, error) {
	var recovered core.Recovered
	log, err := storage.OpenLog(disk, storage.LogOptions{
		Name: "ember",
		Salt: salt, SegmentSize: segment,
		Recover: func(position uint64, record []byte) error {
			recovered.Position = position
			recovered.Records = append(recovered.Records, append([]byte(nil), record...))
			return nil
		},
	})
	return recovered, log, err
}

// NextDeadline implements sim.Process.
func (d *driver) NextDeadline() time.Duration {
	if d.node == nil {
		return sim.Never
	}
	if !d.dueKnown {
		d.due, d.dueKnown = d.node.NextDeadline(), true
	}
	return d.due
}

// Handle implements sim.Process.
func (d *driver) Handle(e sim.Event) {
	switch {
	case e.Kind == sim.EventDeadline:
		d.step(&core.DeadlineReached{})
	case e.Kind == sim.EventTimer:
		d.timer(e.Token)
	case e.Port == ClientPort:
		d.clientEvent(&e)
	case e.Port == BusPort:
		d.busEvent(&e)
	default:
		panic(fmt.Sprintf("cluster: a node got %v on port %d", e.Kind, e.Port))
	}
}

func (d *driver) timer(token uint64) {
	switch token {
	case tokenWake:
		d.wake()
	case tokenSync:
		d.synced()
	case tokenSyncBegins:
		d.syncBegins()
	case tokenDrained:
		d.tellDrained()
	case tokenClose:
		d.closeStreams()
	default:
		panic(fmt.Sprintf("cluster: unknown timer %d", token))
	}
}

// clientEvent gathers input; connections that open or close are told to the node behind the input that came before.
func (d *driver) clientEvent(e *sim.Event) {
	switch e.Kind {
	case sim.EventStreamOpened:
		d.wake()
		local := netip.AddrPortFrom(d.host.Address(), ClientPort)
		d.step(&core.ClientOpened{Client: d.conns.open(e.Stream), Remote: e.From, Local: local})
	case sim.EventStreamClosed:
		d.wake()
		if client, ok := d.conns.close(e.Stream); ok {
			d.forgetDrain(client)
			d.step(&core.ClientClosed{Client: client})
		}
	case sim.EventStreamData:
		if client, ok := d.conns.client(e.Stream); ok {
			d.gather(client, e.Data)
		}
	}
}

// gather keeps input until the node wakes up. How long that takes is drawn, so that batches end anywhere.
func (d *driver) gather(client core.ClientID, data []byte) {
	start := len(d.arena)
	d.arena = append(d.arena, data...)
	d.batch.Inputs = append(d.batch.Inputs, core.ClientInput{Client: client, Bytes: d.arena[start:len(d.arena):len(d.arena)]})
	if d.asleep {
		d.asleep = false
		d.host.After(d.wakes.At(d.cluster.World.Now()).Exponential(30*time.Microsecond), tokenWake)
	}
}

// wake hands over the gathered input.
func (d *driver) wake() {
	d.asleep = true
	if len(d.batch.Inputs) == 0 {
		return
	}
	d.step(&d.batch)
	d.batch.Inputs = d.batch.Inputs[:0]
	d.arena = d.arena[:0]
}

func (d *driver) busEvent(e *sim.Event) {
	d.busBytes += int64(len(e.Data))
	switch e.Kind {
	case sim.EventDatagram:
		d.datagram = core.Datagram{From: e.From, Bytes: e.Data}
		d.step(&d.datagram)
	case sim.EventStreamOpened:
		if e.Inbound {
			d.step(&core.StreamOpened{Stream: d.streams.inbound(e.Stream), Peer: e.From})
		}
	case sim.EventStreamData:
		if stream, ok := d.streams.ofBus(e.Stream); ok {
			d.streamData = core.StreamData{Stream: stream, Bytes: e.Data}
			d.step(&d.streamData)
		}
	case sim.EventStreamClosed:
		if stream, ok := d.streams.forget(e.Stream); ok {
			d.step(&core.StreamClosed{Stream: stream})
		}
	}
}

// step gives the node one event and carries out its effects. If one of them has ended the log, the node is told so next.
func (d *driver) step(event core.Event) {
	if d.node == nil {
		return
	}
	before := d.logFailure
	d.dueKnown = false
	effects := d.node.Step(core.Clock{Now: d.host.Now(), Wall: d.host.Wall()}, event)
	if !d.cluster.Config.Unchecked && carriesGossip(event) && d.heardMore() {
		if err := d.cluster.checkIncarnations(d); err != nil {
			d.cluster.World.Fail(sim.Violation, "incarnations", err.Error())
		}
	}
	for i := range effects {
		d.carryOut(&effects[i])
	}
	d.cluster.stepped(d)
	if d.logFailure != before {
		d.step(&core.LogFailed{Reason: d.logFailure.Error()})
	}
}

// carriesGossip reports whether an event may change what a node believes of incarnations.
func carriesGossip(event core.Event) bool {
	switch event.(type) {
	case *core.Datagram, *core.StreamData, *core.Persisted:
		return true
	}
	return false
}

func (d *driver) carryOut(effect *core.Effect) {
	if check, err := d.checkSaid(effect); err != nil {
		d.cluster.World.Fail(sim.Violation, check, err.Error())
		return
	}
	switch effect.Kind {
	case core.Reply:
		d.clients.SendStream(d.conns.stream(effect.Client), effect.Bytes)
	case core.ReplyAndDrain:
		d.clients.SendStream(d.conns.stream(effect.Client), effect.Bytes)
		d.drained = append(d.drained, effect.Client)
		d.host.After(d.wakes.At(d.cluster.World.Now()).Exponential(100*time.Microsecond), tokenDrained)
	case core.CloseClient:
		stream := d.conns.stream(effect.Client)
		d.conns.close(stream)
		d.forgetDrain(effect.Client)
		d.clients.CloseStream(stream)
	case core.SendDatagram:
		d.speak()
		d.busBytes += int64(len(effect.Bytes))
		d.bus.SendDatagram(effect.To, effect.Bytes)
	case core.OpenStream:
		d.speak()
		d.streams.outbound(effect.Stream, d.bus.OpenStream(effect.To))
	case core.SendStream:
		d.busBytes += int64(len(effect.Bytes))
		d.bus.SendStream(d.streams.ofNode(effect.Stream), effect.Bytes)
	case core.CloseStream:
		if stream := d.streams.ofNode(effect.Stream); stream != 0 {
			d.closing = append(d.closing, stream)
			d.host.After(d.wakes.At(d.cluster.World.Now()).Exponential(100*time.Microsecond), tokenClose)
		}
	case core.Append:
		d.append(effect)
	case core.Release:
		d.endLog(d.log.Release(effect.Position))
	case core.Stop:
		d.host.Crash("stopped") // takes hold when Handle returns
	default:
		panic(fmt.Sprintf("cluster: unknown effect %v", effect.Kind))
	}
}

// checkSaid checks that the node may say what it is about to say, and names the check that fails.
func (d *driver) checkSaid(effect *core.Effect) (check string, err error) {
	if err := d.checkAnnounced(effect.Kind); err != nil {
		return "boot record", err
	}
	if (effect.Kind == core.SendDatagram || effect.Kind == core.SendStream) && !d.cluster.Config.Unchecked {
		return "durable promise", d.checkPromise(effect.Bytes)
	}
	return "", nil
}

// speak checks that a node says nothing to others under the number of an earlier life, unless its disk was made to forget that.
func (d *driver) speak() {
	if d.spoke {
		return
	}
	d.spoke = true
	c := d.cluster
	if d.node.ID() != c.ids[d.index] || c.struck(d.index) {
		return
	}
	if boot := d.node.Boot(); boot <= c.spoken[d.index] {
		c.World.Fail(sim.Violation, "boot number", fmt.Sprintf("%s speaks as boot %d, and has spoken as %d", d.host.Name(), boot, c.spoken[d.index]))
	}
	c.spoken[d.index] = d.node.Boot()
}

// endLog notes the first error of the log.
func (d *driver) endLog(err error) {
	if d.logFailure == nil {
		d.logFailure = err
	}
}

// forgetDrain takes a client that is gone out of those whose replies are on their way: its number may be another's soon.
func (d *driver) forgetDrain(client core.ClientID) {
	d.drained = slices.DeleteFunc(d.drained, func(c core.ClientID) bool { return c == client })
}

// tellDrained lets clients go on whose replies have left. A simulated stream takes any number of bytes at once.
func (d *driver) tellDrained() {
	drained := d.drained
	d.drained = nil
	for _, client := range drained {
		d.step(&core.ClientDrained{Client: client})
	}
}

// closeStreams closes the streams of the bus that the node has done with.
func (d *driver) closeStreams() {
	for _, stream := range d.closing {
		if _, open := d.streams.forget(stream); open {
			d.bus.CloseStream(stream)
		}
	}
	d.closing = d.closing[:0]
}

// Executed implements core.Observer.
func (d *driver) Executed(client core.ClientID, ordinal uint64) {
	if slices.Contains(d.drained, client) {
		d.cluster.World.Fail(sim.Violation, "held client", fmt.Sprintf("%s executes commands of a client that has not been rid of its replies", d.host.Name()))
	}
	if log := d.logOf(client); log != nil {
		log.command(ordinal).executed = d.cluster.history.instant(d.cluster.World.Now())
		if log.noting {
			log.notes = append(log.notes, note{ordinal: ordinal, by: d, effects: len(d.ledger.bytes), wall: d.host.Wall()})
		}
	}
}

// Applied implements core.Observer.
func (d *driver) Applied(client core.ClientID, ordinal uint64, effect *keyspace.Effect) {
	d.ledger.add(effect)
	if ordinal == 0 {
		return
	}
	if log := d.logOf(client); log != nil {
		log.command(ordinal).effective = true
	}
}

// Decided implements core.Observer.
func (d *driver) Decided(change topology.Command, before, after *topology.State) {
	if d.node == nil || after == before {
		return
	}
	if check, err := checkDecision(change, before, after, d.node.Consensus().Members()); err != nil {
		d.cluster.World.Fail(sim.Violation, check, fmt.Sprintf("at %s: %v", d.host.Name(), err))
	}
	if join, ok := change.(topology.Join); ok {
		if err := d.cluster.checkJoin(join, after); err != nil {
			d.cluster.World.Fail(sim.Violation, "joined keys", err.Error())
		}
	}
}

// logOf returns the log of a client's connection, or nil while the client has not named it.
func (d *driver) logOf(client core.ClientID) *connectionLog {
	log := &d.conns.logs[client]
	if *log == nil {
		if name := d.node.ClientName(client); name != "" {
			*log = d.cluster.history.log(name)
		}
	}
	return *log
}
