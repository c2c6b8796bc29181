package gossip

import (
	"math"
	"strconv"
	"time"
)

type load struct {
	mean    float64   // want float
	weights []float32 // want float
	rate    perMillion
}

type perMillion int

type ratio float64 // want float

func scale(n int) int {
	share := 0.3 * float64(n) // want float
	return int(share)         // want float
}

func compare(a, b ratio) bool { // want float
	return a < b // want float
}

func convert(n int) time.Duration {
	return time.Duration(math.Sqrt(float64(n))) // want float
}

// half needs no float: constants are computed exactly.
func half(n int64) int64 { return n * int64(0.5*1000) / 1000 }

const third = 1.0 / 3

// format is for a client.
//
// float: INCRBYFLOAT is defined on floating point
func format(value float64) string {
	value += 1
	return strconv.FormatFloat(value, 'g', 17, 64)
}

func parse(text string) bool {
	//float: only whether it is a number is used
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}
