package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ember-cluster/ember/bench/server"
)

// memory measures what a server holds before and after it is filled, with a new one for each figure.
func (b *bench) memory(ctx context.Context) ([]row, error) {
	const smallValue, timeToLive = 8, 1_000_000 * time.Second
	var rows []row
	for _, test := range []struct {
		name    string
		filling server.Filling
	}{
		{fmt.Sprintf("16-byte keys, %d-byte values", b.valueSize), server.Strings(b.keys, b.valueSize, 0)},
		{fmt.Sprintf("16-byte keys, %d-byte values", smallValue), server.Strings(b.keys, smallValue, 0)},
		{fmt.Sprintf("16-byte keys, %d-byte values, TTL", b.valueSize), server.Strings(b.keys, b.valueSize, timeToLive)},
	} {
		fmt.Fprintln(b.log, test.name)
		samples := make([][]float64, len(b.servers))
		for range b.repeats {
			for i, kind := range b.servers {
				perKey, err := b.residentPerKey(ctx, kind, test.filling)
				if err != nil {
					return nil, err
				}
				samples[i] = append(samples[i], perKey)
			}
		}
		rows = append(rows, newRow(test.name, residentPerKey, samples))
	}
	return rows, nil
}

func (b *bench) residentPerKey(ctx context.Context, kind string, filling server.Filling) (float64, error) {
	s, err := b.fleet.Start(ctx, kind)
	if err != nil {
		return 0, err
	}
	defer s.Stop()
	empty, err := s.ResidentBytes()
	if err != nil {
		return 0, err
	}
	if err := s.Fill(ctx, filling); err != nil {
		return 0, err
	}
	full, err := s.ResidentBytes()
	b.versions[kind] = s.Version
	return float64(full-empty) / float64(filling.Keys), err
}
