// Command planted prints a hash that is a function of its arguments, or, by the name of a mistake, one that is not.
// It imports as little as it can, since the test builds it for three platforms.
package main

import (
	"os"
	"strconv"
	"time"
	"unsafe"
)

func main() {
	mistake, trace := os.Args[1], ""
	if len(os.Args) > 2 {
		trace = os.Args[2]
	}
	hash := uint64(14695981039346656037)
	var history []byte
	record := func(value uint64) {
		hash = (hash ^ value) * 1099511628211
		history = append(strconv.AppendUint(history, value, 10), '\n')
	}
	sizes := map[uint64]uint64{}
	for i := range uint64(64) {
		record(i)
		sizes[i] = i * i
	}
	switch mistake {
	case "map-order":
		for key := range sizes {
			record(key)
		}
	case "select":
		a, b := make(chan uint64, 64), make(chan uint64, 64)
		for i := range uint64(64) {
			a <- i
			b <- i + 64
		}
		for range 64 {
			select {
			case value := <-a:
				record(value)
			case value := <-b:
				record(value)
			}
		}
	case "clock":
		record(uint64(time.Now().UnixNano()))
	case "int-size":
		product := 1 << 20
		product *= 1 << 20
		record(uint64(product))
	case "address":
		record(uint64(uintptr(unsafe.Pointer(&sizes))))
	case "time-zone":
		record(uint64(time.Unix(0, 0).Day()*24 + time.Unix(0, 0).Hour()))
	case "endless":
		for record(1); ; {
		}
	case "failure":
		os.Stderr.WriteString("an invariant is broken\n")
		defer os.Exit(3)
	}
	os.Stdout.WriteString(strconv.FormatUint(hash, 16) + "\n")
	if trace != "" {
		if err := os.WriteFile(trace, history, 0o666); err != nil {
			panic(err)
		}
	}
}
