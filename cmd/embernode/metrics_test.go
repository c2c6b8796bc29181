package main

import (
	"encoding/json"
	"net/http/httptest"
	"runtime"
	"testing"
)

// TestMetrics reads what the benchmark reads: the collector's work and its pauses.
func TestMetrics(t *testing.T) {
	runtime.GC()
	response := httptest.NewRecorder()
	serveMetrics(response, nil)
	var metrics struct {
		Cycles  float64  `json:"/gc/cycles/total:gc-cycles"`
		Seconds float64  `json:"/cpu/classes/gc/total:cpu-seconds"`
		Pauses  []bucket `json:"/sched/pauses/total/gc:seconds"`
	}
	if err := json.Unmarshal(response.Body.Bytes(), &metrics); err != nil {
		t.Fatalf("%v: %s", err, response.Body)
	}
	if metrics.Cycles < 1 || metrics.Seconds <= 0 || len(metrics.Pauses) == 0 {
		t.Errorf("after a collection the metrics are %+v", metrics)
	}
	for _, pause := range metrics.Pauses {
		if pause.Count == 0 || pause.AtMost <= 0 {
			t.Errorf("a bucket is %+v", pause)
		}
	}
}
