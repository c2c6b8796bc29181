package main

import (
	"context"
	"time"

	"github.com/ember-cluster/ember/transport/seal"
)

// refusalInterval is how often the log is told of what was refused on the cluster port.
const refusalInterval = 10 * time.Second

// watchBus tells the log of what a sealed bus has refused, so that a node with another secret, or with none, does not have to be
// guessed. It runs beside the loop, until the context ends.
func (s *server) watchBus(ctx context.Context) {
	if len(s.loop.bus.sealed) == 0 {
		return
	}
	tick := time.NewTicker(refusalInterval)
	defer tick.Stop()
	var before seal.Counters
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := s.loop.bus.refusals()
			if report := reportRefusals(&before, &now); report != nil {
				s.log.Warn("messages on the cluster port were refused", report...)
			}
			before = now
		}
	}
}

// reportRefusals returns what was refused since before, as the log has it, nil if that is nothing. What a restart of a peer brings
// about by itself does not count.
func reportRefusals(before, now *seal.Counters) (report []any) {
	for kind := range now {
		switch seal.Kind(kind) {
		case seal.StaleSession, seal.Truncated, seal.Unsolicited:
			continue
		}
		if count := now[kind] - before[kind]; count > 0 {
			report = append(report, seal.Kind(kind).Word(), count)
		}
	}
	return report
}
