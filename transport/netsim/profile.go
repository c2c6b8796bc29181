package netsim

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// A Profile says how a link behaves while nothing is wrong with it. Rates are in parts per million.
type Profile struct {
	Latency      time.Duration // least time that a packet takes
	Jitter       time.Duration // mean of what comes on top of it, exponentially distributed
	Loss         int           // rate of packets that are lost
	Duplicate    int           // rate of datagrams that arrive twice
	Reorder      int           // rate of datagrams that later ones may overtake; all others stay in order
	ReorderDelay time.Duration // a reordered datagram or a duplicate comes at most this much later
	Corrupt      int           // rate of packets in which bits flip
	Bandwidth    int64         // bytes per second; 0: without limit
	QueueDelay   time.Duration // a datagram that would wait longer than this for the bandwidth is dropped
}

// Check returns what is wrong with a profile, nil if links can have it.
func (p *Profile) Check() error {
	for _, rate := range []int{p.Loss, p.Duplicate, p.Reorder, p.Corrupt} {
		if rate < 0 || rate > random.Million {
			return fmt.Errorf("netsim: a rate is %d parts per million", rate)
		}
	}
	for _, delay := range []time.Duration{p.Latency, p.Jitter, p.ReorderDelay, p.QueueDelay} {
		if delay < 0 || delay > maxDelay {
			return fmt.Errorf("netsim: a delay is %v, it must be from 0 to %v", delay, maxDelay)
		}
	}
	if p.Bandwidth < 0 {
		return fmt.Errorf("netsim: the bandwidth is %d bytes per second", p.Bandwidth)
	}
	return nil
}

// DefaultProfile is a link within a data centre: 200 µs and a tail, nothing lost.
func DefaultProfile() Profile {
	return Profile{
		Latency:      200 * time.Microsecond,
		Jitter:       50 * time.Microsecond,
		ReorderDelay: 2 * time.Millisecond,
		QueueDelay:   100 * time.Millisecond,
	}
}

// StreamProfile says how the operating systems at both ends treat streams. Rates are in parts per million.
type StreamProfile struct {
	RetransmitAfter time.Duration // first retransmission of a lost segment; each further one waits twice as long
	ConnectTimeout  time.Duration // how long an open is tried
	ResetAfter      time.Duration // how long an unacknowledged segment is tried, and how long silence is believed
	Split           int           // rate of reads that get only a part of what is there
	Join            int           // rate of reads that come late, and so find more
	Buffer          int           // bytes sent and not yet read at which a stream is closed as too slow
}

// DefaultStreamProfile follows what servers commonly configure on Linux: 200 ms least retransmission time,
// and dead peers found within ten seconds.
func DefaultStreamProfile() StreamProfile {
	return StreamProfile{
		RetransmitAfter: 200 * time.Millisecond,
		ConnectTimeout:  5 * time.Second,
		ResetAfter:      10 * time.Second,
		Split:           100_000,
		Join:            100_000,
		Buffer:          64 << 20,
	}
}

const (
	// maxDelay bounds the delays of a profile.
	maxDelay = 24 * time.Hour
	// loopbackLatency is the time from a host to itself.
	loopbackLatency = 10 * time.Microsecond
	// maxSegment is the most bytes of a stream that are lost or arrive together.
	maxSegment = 16 << 10
	// maxRead is the most bytes of a stream that one read returns.
	maxRead = 64 << 10
	// packetHeader is what bandwidth is charged for each packet besides its payload: Ethernet, IP and UDP or TCP.
	packetHeader = 60
	// fastRetransmit is how many segments must be under way behind a lost one for its sender to learn of the loss
	// from their acknowledgements, as by TCP's three duplicate ones, and not from its timer.
	fastRetransmit = 3
	// maxBackoff bounds how often the retransmission time is doubled.
	maxBackoff = 5
)
