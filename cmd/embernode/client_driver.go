package main

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/command"
)

// clientDriver moves bytes between the sockets of clients and the loop. All methods but wake and adopt belong to the loop's
// goroutine.
//
// Two designs are behind it: a goroutine for each socket (netDriver), and a loop over epoll (epollDriver).
type clientDriver interface {
	// wait returns what has happened since it last returned. It blocks until something has, or wake was called, or the
	// clock has reached the deadline. The round is valid until the next call.
	wait(deadline time.Duration) *round
	// wake makes wait return, now or the next time. It may be called from anywhere.
	wake()
	// send queues bytes for a client. They are lent until the next flush, or, if they are kept, never written to again.
	send(client core.ClientID, bytes []byte, kept bool)
	// reportDrained asks for the client to be among a later round's drained, once all that is queued for it has left.
	reportDrained(client core.ClientID)
	// finish closes a client once all that is queued for it has left. It is not reported as closed, and its number is not
	// used again before the next round.
	finish(client core.ClientID)
	// flush writes what is queued, with at most one system call for each client.
	flush()
	// adopt serves a client by a connected socket, which it takes over, as if the client had come from there to a listener. It may
	// be called from anywhere.
	adopt(socket int, from origin)
	// queued returns how many bytes have been sent to a client and have not left.
	queued(client core.ClientID) int
	// configure changes the options: all but the clock and the class.
	configure(options driverOptions)
	// refused returns how many clients were told that there are too many.
	refused() uint64
	// shutdown stops listening, waits for what is queued, though not beyond the grace, and closes all clients.
	shutdown(grace time.Duration)
}

// round is what has happened to the connections of clients. It is to be taken in the order of the fields: the input of a
// client comes after its opening and before its closing.
type round struct {
	opened  []core.ClientOpened
	drained []core.ClientID
	batch   core.ClientBatch
	closed  []core.ClientClosed
}

// origin is where a client has come from: two ends of a connection, or the path of a Unix socket.
type origin struct {
	remote, local netip.AddrPort
	path          string
	tls           bool
}

// opened is what the node is told of a client.
func (o *origin) opened(client core.ClientID) core.ClientOpened {
	return core.ClientOpened{Client: client, Remote: o.remote, Local: o.local, Path: o.path, TLS: o.tls}
}

// String names the client in the log.
func (o *origin) String() string {
	if o.path != "" {
		return o.path
	}
	return o.remote.String()
}

func (r *round) reset() {
	r.opened, r.drained, r.closed = r.opened[:0], r.drained[:0], r.closed[:0]
	r.batch.Inputs = r.batch.Inputs[:0]
}

// driverOptions are what a clientDriver needs to know.
type driverOptions struct {
	// maxClients bounds the connections; the next one is told so and closed.
	maxClients int
	// idle is how long a client may be silent before it is closed. 0: for ever.
	idle time.Duration
	// localOnly refuses clients of other hosts (protected-mode).
	localOnly bool
	// keepAlive is the silence after which a client is asked whether it is still there. 0: never. Connections that are there
	// already keep theirs.
	keepAlive time.Duration
	// outputLimits bound what waits to be read by a client.
	outputLimits command.OutputLimits
	// throttle is how many bytes may wait to be read by a client before no more is read from it.
	throttle int
	// class returns which of the limits counts for a client.
	class func(core.ClientID) command.OutputClass
	// clock is the node's monotonic clock.
	clock func() time.Duration
}

// defaultThrottle lets a client that reads be busy with one large reply while the next one is made.
const defaultThrottle = 1 << 20

// idleChecks is in how many parts the time is divided for which a client may be idle: it is closed late by one at most.
const idleChecks = 16

// changed returns the options with others in their place, but for what does not change.
func (o *driverOptions) changed(others driverOptions) driverOptions {
	others.class, others.clock = o.class, o.clock
	return others
}

// mayIdle reports whether a client may be silent for any time: it listens, and others speak.
func (o *driverOptions) mayIdle(client core.ClientID) bool {
	return o.class(client) == command.PubSubOutput
}

// backlog judges what waits to be read by one client.
type backlog struct {
	// beyondSoft says that it is beyond the soft limit, since softSince.
	beyondSoft bool
	softSince  time.Duration
	// overrun says that the client was given up for it.
	overrun bool
}

// judge reports whether the client must be given up. If not, again is when to judge next even if nothing happens.
func (b *backlog) judge(o *driverOptions, client core.ClientID, queued int) (overrun bool, again time.Duration) {
	limit := o.outputLimits[o.class(client)]
	if limit.Hard > 0 && int64(queued) >= limit.Hard {
		b.overrun = true
		return true, core.Never
	}
	if limit.Soft == 0 || int64(queued) < limit.Soft {
		b.beyondSoft = false
		return false, core.Never
	}
	now := o.clock()
	if !b.beyondSoft {
		b.beyondSoft, b.softSince = true, now
	}
	end := b.softSince + time.Duration(min(limit.SoftSeconds, int64(core.Never/time.Second)-int64(now/time.Second)-1))*time.Second
	b.overrun = now > end
	return b.overrun, end + time.Millisecond
}

// What a client is told that may not stay, as Redis tells it.
const (
	tooManyClients = "-ERR max number of clients reached\r\n"
	protectedMode  = "-DENIED Ember is running in protected mode because no password and no bind address are set. In this mode " +
		"connections are only accepted from the loopback interface. To accept others, set a password with requirepass, name " +
		"the addresses to listen on with bind, or, if no stranger can reach this port, set protected-mode no.\r\n"
)

// refusal returns what a client that connects is told instead of being served, or nothing. One that comes by a Unix socket has
// no address.
func (o *driverOptions) refusal(remote netip.Addr, connected int) string {
	switch {
	case o.localOnly && remote.IsValid() && !remote.Unmap().IsLoopback():
		return protectedMode
	case connected >= o.maxClients:
		return tooManyClients
	}
	return ""
}
