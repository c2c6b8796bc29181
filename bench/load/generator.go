package load

import (
	"context"
	"time"

	"github.com/ember-cluster/ember/bench/server"
)

// Generator is a load of one command with random numbers, from one thread.
type Generator struct {
	Command     Command
	Numbers     int // different random numbers, from 0
	Connections int
	// Pipeline is how many requests a connection sends at a time, and waits for, in a closed loop.
	Pipeline int
	// Rate makes the loop an open one if it is positive: so many requests per second are sent, on the connections in
	// turns, whatever the server does.
	Rate float64
	// Duration is for how long requests are sent.
	Duration time.Duration
}

// Run implements Load.
func (g Generator) Run(ctx context.Context, s *server.Server) (Sample, error) {
	return measure(s, func() (Sample, int, error) {
		latencies, took, err := g.run(ctx, s.Port)
		if err != nil {
			return Sample{}, 0, err
		}
		return summarize(latencies, took), len(latencies), nil
	})
}
