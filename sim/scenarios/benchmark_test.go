package scenarios

import "testing"

// BenchmarkLoads is what `embersim bench` measures, for profiles. The one by which embersim is compiled (https://go.dev/doc/pgo) comes
// from it, and is made anew so:
//
//	go test ./sim/scenarios -run - -cpu 1 -bench 'Loads/(swarm|busy|idle|gossip-128)' -benchtime 12x -cpuprofile cmd/embersim/default.pgo
func BenchmarkLoads(b *testing.B) {
	for _, load := range Benchmarks() {
		b.Run(load.Name, func(b *testing.B) {
			b.ReportAllocs()
			var events uint64
			for range b.N {
				e, _, err := load.Run(false)
				if err != nil {
					b.Fatal(err)
				}
				events += e
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
