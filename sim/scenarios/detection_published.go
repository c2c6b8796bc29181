package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/gossip"
)

const (
	// publishedMembers is the size of the group that the published figures were measured on.
	publishedMembers = 128
	// publishedRuns of the Interval experiment add up to each published total: 9 numbers of anomalous members,
	// 6 durations, 8 gaps, 10 repetitions.
	publishedRuns = 9 * 6 * 8 * 10
)

// published are the figures of one variant in Dadgar, Phillips, Currey: Lifeguard: Local Health Awareness for More
// Accurate Failure Detection, arXiv 1707.00788v2, for α = 5 and β = 6.
type published struct {
	// Totals of the Interval experiment: FP Events and FP- Events (Table IV), messages and bytes sent.
	falsePositives, atHealthy int64
	messages, mebibytes       int64
	// Latencies of the Threshold experiment: median, 99th and 99.9th percentile.
	first, full [3]time.Duration
}

// publishedFigures returns what the paper has measured of a variant.
func publishedFigures(v gossip.Variant) published {
	return [...]published{
		gossip.SWIM: {339002, 1326, millions(435, 33), gibibytes(149, 15),
			hundredths(1244, 1696, 1940), hundredths(1290, 1693, 2017)},
		gossip.LHAProbe: {229574, 436, millions(428, 62), gibibytes(134, 28),
			hundredths(1242, 1775, 2010), hundredths(1290, 1798, 2056)},
		gossip.LHASuspicion: {10174, 89, millions(484, 55), gibibytes(158, 87),
			hundredths(1242, 1747, 2541), hundredths(1289, 1733, 2380)},
		gossip.Buddy: {318935, 591, millions(435, 62), gibibytes(147, 67),
			hundredths(1245, 1712, 1916), hundredths(1292, 1718, 1981)},
		gossip.Lifeguard: {5193, 25, millions(481, 42), gibibytes(146, 13),
			hundredths(1245, 1790, 2120), hundredths(1291, 1805, 2168)},
	}[v]
}

// millions is whole.hundredths millions.
func millions(whole, hundredths int64) int64 { return (100*whole + hundredths) * 10_000 }

// gibibytes is whole.hundredths GiB, in MiB.
func gibibytes(whole, hundredths int64) int64 { return (100*whole + hundredths) * 1024 / 100 }

// hundredths is three percentiles, of which each is given in hundredths of a second.
func hundredths(median, p99, p999 time.Duration) [3]time.Duration {
	const unit = 10 * time.Millisecond
	return [3]time.Duration{median * unit, p99 * unit, p999 * unit}
}
