package load

import (
	"context"
	"slices"
	"time"

	"github.com/ember-cluster/ember/bench/server"
)

// Sample is one run of a load against one server.
type Sample struct {
	Rate      float64       // requests per second
	Processor time.Duration // of the server, per request
	P50, P99  time.Duration // latency as the client saw it
}

// Load is something that can be run against a server.
type Load interface {
	Run(ctx context.Context, s *server.Server) (Sample, error)
}

// measure runs a load that makes so many requests, and takes the server's processor time before and after it.
func measure(s *server.Server, run func() (Sample, int, error)) (Sample, error) {
	before, err := s.ProcessorTime()
	if err != nil {
		return Sample{}, err
	}
	result, requests, err := run()
	if err != nil {
		return Sample{}, err
	}
	after, err := s.ProcessorTime()
	if err != nil {
		return Sample{}, err
	}
	result.Processor = (after - before) / time.Duration(max(requests, 1))
	return result, nil
}

// percentile returns the least of the sorted values that a part of them, in hundredths, does not exceed.
func percentile(sorted []time.Duration, hundredths int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*hundredths + 99) / 100
	return sorted[max(rank, 1)-1]
}

// summarize sorts the latencies of a run that took some time.
func summarize(latencies []time.Duration, took time.Duration) Sample {
	slices.Sort(latencies)
	return Sample{
		Rate: float64(len(latencies)) / took.Seconds(),
		P50:  percentile(latencies, 50),
		P99:  percentile(latencies, 99),
	}
}
