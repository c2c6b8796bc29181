package main

import (
	"log/slog"
	"math"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/ember-cluster/ember/core"
)

// netDriver is a clientDriver that has a goroutine for each socket and nothing but package net, so it runs everywhere.
//
// A reader waits for its socket, reads what is there into a buffer from a common pool, and leaves it for the loop. Only the
// first one that finds the loop asleep wakes it, and the loop, when it wakes up, first lets the other readers run that are
// ready too (see sleep): so with one processor a whole round is gathered with one switch to the loop. With more processors the
// readers run beside the loop, which costs more than it gains unless the machine has nothing else to do.
//
// Replies are written by the loop itself, without waiting. A goroutine writes what a socket does not take at once.
type netDriver struct {
	options   driverOptions
	log       *slog.Logger
	listeners []net.Listener
	// accepting waits for the goroutines of the listeners, ended for those of the connections.
	accepting, ended sync.WaitGroup

	// What follows belongs to the loop.

	round round
	// connections are those that have a number, by it; free are the numbers below len(connections) that nobody has.
	connections []*netConnection
	free        []core.ClientID
	// dirty are the connections that something was sent to since the last flush.
	dirty []*netConnection
	// drained and lost are for the next round: the connections of which that was asked and that have nothing queued, and
	// those that could not be written to or went over the bound.
	drained []*netConnection
	lost    []*netConnection
	// leaving are those that the node has been told are closed, to be let go after this round.
	leaving []*netConnection
	// writing counts the connections with a writer.
	writing int
	// nextCheck is when checkTimes has something to do, or core.Never; now the node's clock at the begin of the round.
	nextCheck time.Duration
	now       time.Duration
	alarm     alarm
	stopping  bool
	// taken is what was arrived in this round.
	taken arrivals

	// mutex guards what follows, and what is said so of netConnection.
	mutex   sync.Mutex
	arrived arrivals
	// asleep says that the loop waits for the signal; woken that it should not wait.
	asleep, woken bool
	// connected counts the sockets, also those that are being closed; turnedAway the clients that were too many.
	connected  int
	turnedAway uint64
	buffers    bufferPool

	// signal has at most one element, and has it only if the loop was asleep.
	signal chan struct{}
}

// arrivals is what goroutines have left for the loop.
type arrivals struct {
	opened  []*netConnection
	inputs  []chunk
	ended   []*netConnection
	written []*netConnection
}

// chunk is what one read has found.
type chunk struct {
	connection *netConnection
	buffer     []byte // from the pool
	size       int
}

func (a *arrivals) empty() bool {
	return len(a.opened)+len(a.inputs)+len(a.ended)+len(a.written) == 0
}

func (a *arrivals) reset() {
	clear(a.opened)
	clear(a.inputs)
	clear(a.ended)
	clear(a.written)
	a.opened, a.inputs, a.ended, a.written = a.opened[:0], a.inputs[:0], a.ended[:0], a.written[:0]
}

// newNetDriver serves the clients that connect to the listeners.
func newNetDriver(listeners []net.Listener, options driverOptions, log *slog.Logger) *netDriver {
	d := &netDriver{options: options, log: log, listeners: listeners, signal: make(chan struct{}, 1), nextCheck: core.Never}
	if options.idle > 0 {
		d.nextCheck = 0
	}
	d.alarm.init(d.wake)
	for _, listener := range listeners {
		d.accepting.Go(func() { d.accept(listener) })
	}
	return d
}

// wake implements clientDriver.
func (d *netDriver) wake() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.woken = true
	d.rouse()
}

// rouse ends the loop's sleep, if it sleeps. Called with the mutex held.
func (d *netDriver) rouse() {
	if d.asleep {
		d.asleep = false
		d.signal <- struct{}{}
	}
}

// wait implements clientDriver.
func (d *netDriver) wait(deadline time.Duration) *round {
	d.endRound()
	d.sleep(min(deadline, d.nextCheck))
	d.now = d.options.clock()
	d.beginRound()
	d.checkTimes()
	return &d.round
}

// checkTimes closes those whose time is over. It is called each round, and looks at the connections when something is due.
func (d *netDriver) checkTimes() {
	if d.nextCheck > d.now {
		return
	}
	d.nextCheck = core.Never
	for _, c := range d.connections {
		if c != nil && d.knows(c) {
			d.checkClient(c)
		}
	}
	if d.options.idle > 0 {
		d.checkAt(d.now + max(d.options.idle/idleChecks, time.Millisecond))
	}
}

// checkClient closes a client that has been silent, or behind with reading, for too long.
func (d *netDriver) checkClient(c *netConnection) {
	if c.beyondSoft {
		d.settle(c)
	}
	if idle := d.options.idle; idle > 0 && c.active+idle <= d.now && !d.options.mayIdle(c.id) {
		d.log.Debug("client ended: idle", "remote", c.from.String())
		d.leave(c)
	}
}

// checkAt has checkTimes look at that time.
func (d *netDriver) checkAt(at time.Duration) { d.nextCheck = min(d.nextCheck, at) }

// configure implements clientDriver.
func (d *netDriver) configure(options driverOptions) {
	d.mutex.Lock() // the listeners look at the options
	defer d.mutex.Unlock()
	d.options = d.options.changed(options)
	d.checkAt(0)
}

// refused implements clientDriver.
func (d *netDriver) refused() uint64 {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.turnedAway
}

// endRound lets go what was lent to the last round.
func (d *netDriver) endRound() {
	for _, c := range d.leaving {
		c.finishing = true
		d.settle(c)
	}
	clear(d.leaving)
	d.leaving = d.leaving[:0]
	d.round.reset()
}

// sleep gives the buffers of the last round back, waits for something to happen, and takes it.
func (d *netDriver) sleep(deadline time.Duration) {
	d.mutex.Lock()
	for i := range d.taken.inputs {
		d.taken.inputs[i].release()
	}
	d.taken.reset()
	idle := d.arrived.empty() && !d.woken && len(d.drained)+len(d.lost) == 0
	if idle && d.alarm.set(deadline, d.options.clock()) {
		d.asleep = true
		d.mutex.Unlock()
		<-d.signal
		// Whoever is ready to run by now has something for this round.
		runtime.Gosched()
		d.mutex.Lock()
	}
	d.woken = false
	d.taken, d.arrived = d.arrived, d.taken
	d.mutex.Unlock()
}

// beginRound makes a round of what was taken.
func (d *netDriver) beginRound() {
	for _, c := range d.taken.written {
		d.written(c)
	}
	for _, c := range d.taken.opened {
		d.open(c)
	}
	for i := range d.taken.inputs {
		input := &d.taken.inputs[i]
		if c := input.connection; d.knows(c) {
			c.active = d.now
			d.round.batch.Inputs = append(d.round.batch.Inputs, core.ClientInput{Client: c.id, Bytes: input.buffer[:input.size]})
		}
	}
	for _, c := range d.drained {
		if d.knows(c) {
			d.round.drained = append(d.round.drained, c.id)
		}
	}
	d.drained = d.drained[:0]
	for _, c := range append(d.taken.ended, d.lost...) {
		d.leave(c)
	}
	d.lost = d.lost[:0]
}

// knows reports whether the connection is one that the node has been told of, and neither side has closed.
func (d *netDriver) knows(c *netConnection) bool {
	return int(c.id) < len(d.connections) && d.connections[c.id] == c && !c.finishing
}

// open gives a connection its number, and lets it read.
func (d *netDriver) open(c *netConnection) {
	if d.stopping {
		c.socket.Close()
		d.socketClosed()
		return
	}
	if len(d.free) == 0 {
		d.free = append(d.free, core.ClientID(len(d.connections)))
		d.connections = append(d.connections, nil)
	}
	c.id = d.free[len(d.free)-1]
	d.free = d.free[:len(d.free)-1]
	d.connections[c.id] = c
	c.active = d.now
	d.round.opened = append(d.round.opened, c.from.opened(c.id))
	d.ended.Go(c.serve)
}

// leave tells the node that a connection is closed. It can still be sent replies to its input in this round.
func (d *netDriver) leave(c *netConnection) {
	if d.knows(c) && !c.leaving {
		c.leaving = true
		d.round.closed = append(d.round.closed, core.ClientClosed{Client: c.id, Overrun: c.overrun})
		d.leaving = append(d.leaving, c)
	}
}

// forget frees the number of a connection that is being released.
func (d *netDriver) forget(c *netConnection) {
	d.connections[c.id] = nil
	d.free = append(d.free, c.id)
}

// shutdown implements clientDriver.
func (d *netDriver) shutdown(grace time.Duration) {
	d.stopping = true
	for _, listener := range d.listeners {
		listener.Close() // nothing can be lost
	}
	d.accepting.Wait()
	deadline := d.options.clock() + grace
	for d.writing > 0 && d.options.clock() < deadline {
		d.wait(deadline)
	}
	d.wait(0) // whatever was accepted at the last moment
	for _, c := range d.connections {
		if c != nil {
			c.release(false)
		}
	}
	d.ended.Wait()
}

// alarm wakes the loop at a deadline.
type alarm struct {
	timer *time.Timer
	// at is when the timer fires, or has fired.
	at time.Duration
}

func (a *alarm) init(wake func()) {
	a.timer = time.AfterFunc(math.MaxInt64, wake)
	a.at = math.MaxInt64
}

// set sees to it that the alarm goes off at the deadline at the latest, perhaps for an earlier one that has been
// given up. It reports false if the deadline has come.
func (a *alarm) set(deadline, now time.Duration) bool {
	if deadline <= now {
		return false
	}
	if a.at <= now || deadline < a.at {
		a.timer.Reset(deadline - now)
		a.at = deadline
	}
	return true
}
