package load

import (
	"bytes"

	"github.com/ember-cluster/ember/core/resp"
)

// RandomNumber stands for twelve digits in the arguments of a Command, as it does for redis-benchmark.
const RandomNumber = "__rand_int__"

// Command is a command in Redis's protocol in which some places hold a random number, the same in all of them.
type Command struct {
	encoded []byte
	places  []int
}

// NewCommand returns the command with some arguments, in which RandomNumber marks the places.
func NewCommand(arguments ...string) Command {
	var raw [][]byte
	for _, argument := range arguments {
		raw = append(raw, []byte(argument))
	}
	c := Command{encoded: resp.AppendCommand(nil, raw...)}
	for from := 0; ; {
		i := bytes.Index(c.encoded[from:], []byte(RandomNumber))
		if i < 0 {
			return c
		}
		c.places = append(c.places, from+i)
		from += i + len(RandomNumber)
	}
}

// appendTo appends the command with a number in its places.
func (c Command) appendTo(buffer []byte, number uint64) []byte {
	var digits [len(RandomNumber)]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + number%10)
		number /= 10
	}
	start := len(buffer)
	buffer = append(buffer, c.encoded...)
	for _, place := range c.places {
		copy(buffer[start+place:], digits[:])
	}
	return buffer
}
