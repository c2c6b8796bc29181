// Package sim simulates any protocol, so it must not know one.
package sim

import (
	_ "example.com/fixture/core/gossip" // want dependency
	_ "example.com/fixture/core/random"
)

func rate(done, total int) float64 { return float64(done) / float64(total) } // want float
