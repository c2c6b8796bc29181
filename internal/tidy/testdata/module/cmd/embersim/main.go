// Command embersim is thin, and free to use goroutines.
package main

import (
	"fmt"
	"os"
	"time"

	_ "example.com/fixture/transport/udp" // want dependency
)

func Exported() {}

func main() {
	go fmt.Fprintln(os.Stderr, time.Now())
	for range map[int]float64{} {
	}
}
