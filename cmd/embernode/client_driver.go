package main

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/core"
)

// clientDriver moves bytes between the sockets of clients and the loop. All methods but wake belong to the loop's goroutine.
//
// Two designs are behind it: a goroutine for each socket (netDriver), and a loop over epoll (epollDriver).
type clientDriver interface {
	// wait returns what has happened since it last returned. It blocks until something has, or wake was called, or the
	// clock has reached the deadline. The round is valid until the next call.
	wait(deadline time.Duration) *round
	// wake makes wait return, now or the next time. It may be called from anywhere.
	wake()
	// send queues bytes for a client. They are lent until the next flush.
	send(client core.ClientID, bytes []byte)
	// reportDrained asks for the client to be among a later round's drained, once all that is queued for it has left.
	reportDrained(client core.ClientID)
	// finish closes a client once all that is queued for it has left. It is not reported as closed, and its number is not
	// used again before the next round.
	finish(client core.ClientID)
	// flush writes what is queued, with at most one system call for each client.
	flush()
	// shutdown stops listening, waits for what is queued, though not beyond the grace, and closes all clients.
	shutdown(grace time.Duration)
}

// round is what has happened to the connections of clients. It is to be taken in the order of the fields: the input of a
// client comes after its opening and before its closing.
type round struct {
	opened  []core.ClientOpened
	drained []core.ClientID
	batch   core.ClientBatch
	closed  []core.ClientID
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
	// keepAlive is the silence after which a client is asked whether it is still there. 0: never.
	keepAlive time.Duration
	// queuedSoft is how many bytes may wait to be read by a client before no more is read from it; queuedHard is how many
	// may before it is closed.
	queuedSoft, queuedHard int
	// clock is the node's monotonic clock.
	clock func() time.Duration
}

const (
	// defaultQueuedSoft lets a client that reads be busy with one large reply while the next one is made.
	defaultQueuedSoft = 1 << 20
	// defaultQueuedHard is above the largest reply to one command, a value of 512 MiB.
	defaultQueuedHard = 1 << 30
)

// What a client is told that may not stay, as Redis tells it.
const (
	tooManyClients = "-ERR max number of clients reached\r\n"
	protectedMode  = "-DENIED Ember is running in protected mode because no bind address was set explicitly. In this mode " +
		"connections are only accepted from the loopback interface. To accept others, name the addresses to listen on with " +
		"bind, or, if no stranger can reach this port, set protected-mode no.\r\n"
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
