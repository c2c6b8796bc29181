package load

import (
	"math/rand/v2"
	"time"
)

// schedule decides which connection sends when. It is told the time since the start of the run.
type schedule interface {
	// due returns the connection that has to send a request and the instant at which it should have; false if there is
	// none at this time.
	due(now time.Duration) (connection int, at time.Duration, ok bool)
	// answered says that a connection has the replies to all that it sent.
	answered(connection int)
	// next returns the time of the next request, if that depends on no reply.
	next() (at time.Duration, ok bool)
}

// closedLoop lets every connection send a pipeline of requests when it has the replies to the last.
type closedLoop struct {
	pipeline int
	duration time.Duration
	ready    []int // the connections that may send
	left     int   // requests that the first of them still has to send
}

func newClosedLoop(connections, pipeline int, duration time.Duration) *closedLoop {
	l := &closedLoop{pipeline: pipeline, duration: duration, left: pipeline}
	for i := range connections {
		l.ready = append(l.ready, i)
	}
	return l
}

func (l *closedLoop) due(now time.Duration) (int, time.Duration, bool) {
	if len(l.ready) == 0 || l.left == l.pipeline && now >= l.duration {
		return 0, 0, false
	}
	connection := l.ready[0]
	if l.left--; l.left == 0 {
		l.ready = l.ready[1:]
		l.left = l.pipeline
	}
	return connection, now, true
}

func (l *closedLoop) answered(connection int) { l.ready = append(l.ready, connection) }

func (l *closedLoop) next() (time.Duration, bool) { return 0, false }

// openLoop lets the connections send in turns, at instants that are a Poisson process.
type openLoop struct {
	source      *rand.Rand
	connections int
	mean        float64 // nanoseconds between two requests
	duration    time.Duration
	at          time.Duration
	turn        int
}

func newOpenLoop(source *rand.Rand, connections int, rate float64, duration time.Duration) *openLoop {
	l := &openLoop{source: source, connections: connections, mean: float64(time.Second) / rate, duration: duration}
	l.advance()
	return l
}

func (l *openLoop) advance() { l.at += time.Duration(l.source.ExpFloat64() * l.mean) }

func (l *openLoop) due(now time.Duration) (int, time.Duration, bool) {
	if l.at > now || l.at >= l.duration {
		return 0, 0, false
	}
	connection, at := l.turn%l.connections, l.at
	l.turn++
	l.advance()
	return connection, at, true
}

func (l *openLoop) answered(int) {}

func (l *openLoop) next() (time.Duration, bool) { return l.at, l.at < l.duration }
