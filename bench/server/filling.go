package server

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"
)

// Filling is what a server holds before it is measured.
type Filling struct {
	// Keys is how many there are.
	Keys int
	// Name says in words what they are.
	Name string
	// batch is how many keys one command adds.
	batch int
	// add appends the arguments of the command that adds the keys of a batch.
	add func(arguments []string, batch int) []string
}

// commands is how many commands add all the keys.
func (f *Filling) commands() int { return f.Keys / f.batch }

// Strings returns the keys that redis-benchmark -r asks for, key:000000000000 and so on, 16 bytes, with values of a size in
// bytes. A time to live of 0 is none.
func Strings(keys, valueSize int, timeToLive time.Duration) Filling {
	f := Filling{Keys: keys, Name: fmt.Sprintf("%d keys with %d-byte values", keys, valueSize), batch: 1}
	value := string(bytes.Repeat([]byte{'x'}, valueSize))
	var options []string
	if timeToLive > 0 {
		f.Name += " and a time to live"
		options = []string{"EX", strconv.Itoa(int(timeToLive / time.Second))}
	}
	f.add = func(arguments []string, key int) []string {
		return append(append(arguments, "SET", fmt.Sprintf("key:%012d", key), value), options...)
	}
	return f
}

// Counters returns the keys that redis-benchmark -t incr asks for, counter:000000000000 and so on, all 0.
func Counters(keys int) Filling {
	return Filling{
		Keys: keys, Name: fmt.Sprintf("%d counters", keys), batch: 1,
		add: func(arguments []string, key int) []string {
			return append(arguments, "SET", fmt.Sprintf("counter:%012d", key), "0")
		},
	}
}

// GroupSize is the number of keys that share a hash tag in Groups.
const GroupSize = 10

// GroupKey returns one key of a group, from 0: {000000000000}:0 and so on.
func GroupKey(group, key int) string { return fmt.Sprintf("{%012d}:%d", group, key) }

// Groups returns keys of which GroupSize share a hash tag, so that one command can have them all.
func Groups(keys, valueSize int) Filling {
	value := string(bytes.Repeat([]byte{'x'}, valueSize))
	return Filling{
		Keys: keys, Name: fmt.Sprintf("%d keys in groups of %d, with %d-byte values", keys, GroupSize, valueSize), batch: GroupSize,
		add: func(arguments []string, group int) []string {
			arguments = append(arguments, "MSET")
			for key := range GroupSize {
				arguments = append(arguments, GroupKey(group, key), value)
			}
			return arguments
		},
	}
}

// Fill adds the keys to the server.
func (s *Server) Fill(ctx context.Context, filling Filling) error {
	c, err := dial(ctx, s.Port)
	if err != nil {
		return s.Explain(err)
	}
	defer c.close()
	if err := c.fill(ctx, filling); err != nil {
		return s.Explain(fmt.Errorf("add %s: %w", filling.Name, err))
	}
	return nil
}

// fill keeps one pipeline of commands under way.
func (c *client) fill(ctx context.Context, filling Filling) error {
	const pipeline = 1000
	var arguments []string
	for first := 0; first < filling.commands(); first += pipeline {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(first+pipeline, filling.commands())
		for batch := first; batch < last; batch++ {
			arguments = filling.add(arguments[:0], batch)
			c.add(arguments...)
		}
		if err := c.flush(); err != nil {
			return err
		}
		for range last - first {
			if _, err := c.receive(); err != nil {
				return err
			}
		}
	}
	return nil
}
