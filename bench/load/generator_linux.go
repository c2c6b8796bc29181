package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// stallLimit is how long the generator waits for any reply at all.
const stallLimit = 10 * time.Second

var errStalled = fmt.Errorf("the server gave no reply for %v", stallLimit)

// generation is a generator at work. It is one thread that sends what is due, waits for replies with a precision that timers
// of Go's scheduler do not have, and reads them.
type generation struct {
	Generator
	schedule    schedule
	source      *rand.Rand
	connections []*connection
	polled      []unix.PollFd
	start       time.Time
	underWay    int // requests without a reply
	lastReply   time.Duration
	progress    time.Duration // when a request was last sent with none under way, or a reply received
	latencies   []time.Duration
}

// run returns the latency of every request, and how long it was from the start to the last reply.
func (g Generator) run(ctx context.Context, port int) ([]time.Duration, time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// The same numbers and the same instants for every server.
	r := &generation{Generator: g, source: rand.New(rand.NewPCG(1, 1))}
	if g.Rate > 0 {
		r.schedule = newOpenLoop(rand.New(rand.NewPCG(2, 2)), g.Connections, g.Rate, g.Duration)
		r.latencies = make([]time.Duration, 0, int(g.Rate*g.Duration.Seconds()*1.1))
	} else {
		r.schedule = newClosedLoop(g.Connections, g.Pipeline, g.Duration)
	}
	defer r.close()
	for range g.Connections {
		c, err := connect(port)
		if err != nil {
			return nil, 0, err
		}
		r.connections = append(r.connections, c)
		r.polled = append(r.polled, unix.PollFd{Fd: int32(c.descriptor)})
	}
	r.start = time.Now()
	err := r.loop(ctx)
	return r.latencies, max(r.lastReply, time.Nanosecond), err
}

func (r *generation) close() {
	for _, c := range r.connections {
		c.close()
	}
}

func (r *generation) now() time.Duration { return time.Since(r.start) }

func (r *generation) loop(ctx context.Context) error {
	for {
		if err := r.send(); err != nil {
			return err
		}
		if _, more := r.schedule.next(); !more && r.underWay == 0 {
			return nil
		}
		if err := r.wait(); err != nil {
			return err
		}
		if err := r.receive(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// send puts what is due on its connections, and writes as much as they take.
func (r *generation) send() error {
	now := r.now()
	for {
		number, at, ok := r.schedule.due(now)
		if !ok {
			break
		}
		c := r.connections[number]
		c.output = r.Command.appendTo(c.output, r.source.Uint64N(uint64(r.Numbers)))
		c.due = append(c.due, at)
		if r.underWay == 0 {
			r.progress = now
		}
		r.underWay++
	}
	for _, c := range r.connections {
		if err := c.write(); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when a connection is ready or a request is due.
func (r *generation) wait() error {
	for i, c := range r.connections {
		r.polled[i].Events = unix.POLLIN
		if len(c.output) > 0 {
			r.polled[i].Events |= unix.POLLOUT
		}
	}
	now := r.now()
	if r.underWay > 0 && now-r.progress > stallLimit {
		return errStalled
	}
	limit := 100 * time.Millisecond // so that a context that ends is noticed
	if at, ok := r.schedule.next(); ok {
		limit = min(limit, max(at-now, 0))
	}
	timeout := unix.NsecToTimespec(limit.Nanoseconds())
	_, err := unix.Ppoll(r.polled, &timeout, nil)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

// receive reads what has arrived.
func (r *generation) receive() error {
	for i, c := range r.connections {
		if r.polled[i].Revents&^unix.POLLOUT == 0 {
			continue
		}
		if err := c.read(); err != nil {
			return err
		}
		now := r.now()
		answered, err := c.replies()
		if err != nil {
			return err
		}
		for _, at := range c.due[:answered] {
			r.latencies = append(r.latencies, now-at)
		}
		c.due = append(c.due[:0], c.due[answered:]...)
		r.underWay -= answered
		if answered > 0 {
			r.lastReply, r.progress = now, now
		}
		if answered > 0 && len(c.due) == 0 {
			r.schedule.answered(i)
		}
	}
	return nil
}
