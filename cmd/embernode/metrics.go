package main

import (
	"encoding/json"
	"math"
	"net/http"
	"runtime/metrics"
)

// bucket counts the values of a histogram up to a bound, and above that of the bucket before.
type bucket struct {
	AtMost float64 `json:"at_most"`
	Count  uint64  `json:"count"`
}

// serveMetrics answers with every metric of Go's runtime as an object of JSON: a number, or the buckets of a histogram that
// are not empty.
func serveMetrics(response http.ResponseWriter, _ *http.Request) {
	response.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(response).Encode(readMetrics()) // fails if the client has gone
}

func readMetrics() map[string]any {
	all := metrics.All()
	samples := make([]metrics.Sample, len(all))
	for i := range all {
		samples[i].Name = all[i].Name
	}
	metrics.Read(samples)
	values := make(map[string]any, len(samples))
	for _, s := range samples {
		switch s.Value.Kind() {
		case metrics.KindUint64:
			values[s.Name] = s.Value.Uint64()
		case metrics.KindFloat64:
			values[s.Name] = s.Value.Float64()
		case metrics.KindFloat64Histogram:
			values[s.Name] = buckets(s.Value.Float64Histogram())
		}
	}
	return values
}

// buckets gives the last bucket, which has no bound, its lower one: JSON has no infinity.
func buckets(h *metrics.Float64Histogram) []bucket {
	found := []bucket{}
	for i, count := range h.Counts {
		if count == 0 {
			continue
		}
		bound := h.Buckets[i+1]
		if math.IsInf(bound, 1) {
			bound = h.Buckets[i]
		}
		found = append(found, bucket{AtMost: bound, Count: count})
	}
	return found
}
