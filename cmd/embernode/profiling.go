package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
)

// serveProfiles offers Go's profiles, and the metrics of its runtime, at an address, by HTTP, for as long as the process lives.
func serveProfiles(address loopbackPort) (net.Addr, error) {
	listener, err := net.Listen("tcp", string(address))
	if err != nil {
		return nil, fmt.Errorf("pprof: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/metrics", serveMetrics)
	go func() {
		_ = http.Serve(listener, mux) // it ends with the process
	}()
	return listener.Addr(), nil
}
