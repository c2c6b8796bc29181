package scenarios

import "testing"

// BenchmarkLoads is what `embersim bench` measures, for profiles.
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
