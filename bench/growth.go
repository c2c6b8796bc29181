package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/bench/server"
)

// growthShare is how many times fewer keys, and how many times more, growth is measured with.
const growthShare = 10

// growth runs a small and a big server of each kind beside each other.
func (b *bench) growth(ctx context.Context) ([]row, error) {
	fewKeys, manyKeys := b.keys/growthShare, b.keys*growthShare
	few, err := b.start(ctx, server.Strings(fewKeys, b.valueSize, 0))
	if err != nil {
		return nil, err
	}
	defer server.StopAll(few)
	many, err := b.start(ctx, server.Strings(manyKeys, b.valueSize, 0))
	if err != nil {
		return nil, err
	}
	defer server.StopAll(many)
	var rows []row
	for _, test := range []string{"set", "get"} {
		name := fmt.Sprintf("%s P=16, %s keys over %s", strings.ToUpper(test), thousands(int64(manyKeys)), thousands(int64(fewKeys)))
		fmt.Fprintln(b.log, name)
		ratios := make([][]float64, len(few))
		for range b.repeats {
			for i := range few {
				share, err := b.grown(ctx, test, few[i], many[i])
				if err != nil {
					return nil, err
				}
				ratios[i] = append(ratios[i], share)
			}
		}
		rows = append(rows, newRow(name, rateShare, ratios))
	}
	return rows, nil
}

// grown returns the throughput with many keys over that with few.
func (b *bench) grown(ctx context.Context, test string, few, many *server.Server) (float64, error) {
	small, err := b.benchmark(b.keys/growthShare, 16, test).Run(ctx, few)
	if err != nil {
		return 0, few.Explain(err)
	}
	big, err := b.benchmark(b.keys*growthShare, 16, test).Run(ctx, many)
	if err != nil {
		return 0, many.Explain(err)
	}
	return ratio(big.Rate, small.Rate), nil
}
