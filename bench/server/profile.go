package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// WriteProfile writes one of the node's profiles, "profile" for the processor's or "allocs" for the allocations of a
// duration, in the form that go tool pprof reads.
func (s *Server) WriteProfile(ctx context.Context, name string, duration time.Duration, out io.Writer) error {
	body, err := s.get(ctx, "/debug/pprof/"+name+"?seconds="+strconv.Itoa(int(duration/time.Second)))
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(out, body)
	return err
}

// Collect makes the node collect its garbage now.
func (s *Server) Collect(ctx context.Context) error {
	body, err := s.get(ctx, "/debug/pprof/heap?gc=1")
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, body)
	return err
}

// Collector is what a node's garbage collector has done since the node was started.
type Collector struct {
	Cycles int64
	// Processor is the time that it took of all processors, idle ones included. Go adds to it when a cycle ends.
	Processor time.Duration
	// Pauses are the times for which the collector stopped the whole node.
	Pauses []Pause
}

// Pause counts the pauses of about one length.
type Pause struct {
	// AtMost is the upper end of that length.
	AtMost time.Duration
	Count  int64
}

// ReadCollector asks the node for the state of its garbage collector.
func (s *Server) ReadCollector(ctx context.Context) (Collector, error) {
	body, err := s.get(ctx, "/debug/metrics")
	if err != nil {
		return Collector{}, err
	}
	defer body.Close()
	return parseCollector(body)
}

// parseCollector reads the metrics that package runtime/metrics describes.
func parseCollector(body io.Reader) (Collector, error) {
	var metrics struct {
		Cycles  *int64   `json:"/gc/cycles/total:gc-cycles"`
		Seconds *float64 `json:"/cpu/classes/gc/total:cpu-seconds"`
		Pauses  []struct {
			AtMost float64 `json:"at_most"`
			Count  int64   `json:"count"`
		} `json:"/sched/pauses/total/gc:seconds"`
	}
	if err := json.NewDecoder(body).Decode(&metrics); err != nil {
		return Collector{}, fmt.Errorf("the node's metrics: %w", err)
	}
	if metrics.Cycles == nil || metrics.Seconds == nil || metrics.Pauses == nil {
		return Collector{}, errors.New("the node's metrics tell nothing of its garbage collector")
	}
	c := Collector{Cycles: *metrics.Cycles, Processor: seconds(*metrics.Seconds)}
	for _, p := range metrics.Pauses {
		c.Pauses = append(c.Pauses, Pause{AtMost: seconds(p.AtMost), Count: p.Count})
	}
	return c, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// LongestPause returns the upper end of the longest pause that there is in c and was not yet in an earlier state; 0 if
// there is none.
func (c Collector) LongestPause(earlier Collector) time.Duration {
	before := map[time.Duration]int64{}
	for _, p := range earlier.Pauses {
		before[p.AtMost] = p.Count
	}
	longest := time.Duration(0)
	for _, p := range c.Pauses {
		if p.Count > before[p.AtMost] {
			longest = max(longest, p.AtMost)
		}
	}
	return longest
}

var errNoProfiles = errors.New("only embernode offers profiles")

// get asks the node's port of profiles. The caller closes the body.
func (s *Server) get(ctx context.Context, path string) (io.ReadCloser, error) {
	if s.profiles == 0 {
		return nil, errNoProfiles
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(s.profiles)+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", path, response.Status), response.Body.Close())
	}
	return response.Body, nil
}
