package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/random"
)

// nodeOptions are the options of the node. The ports that it listens on are known by now.
func (c *commandLine) nodeOptions(clientPort, busPort uint16) core.Options {
	options := core.DefaultOptions()
	options.Announce = c.announce(clientPort, busPort)
	options.SeedPeers = c.SeedPeers.addresses()
	options.Settings = &c.changeable
	options.RequireFullCoverage = c.changeable.FullCoverage
	options.AllowReadsWhenDown = c.changeable.ReadsWhenDown
	options.Limits.QueryBuffer = int(min(c.changeable.QueryBuffer, math.MaxInt))
	options.Limits.QueryBuffers = max(options.Limits.QueryBuffers, options.Limits.QueryBuffer)
	options.Random = random.New(entropy())
	options.Parameters = c.configParameters(clientPort, busPort)
	options.Process = c.process()
	if c.DisableTHP == "no" {
		options.Allocated = newHugePages().advise
	}
	began := time.Now()
	options.Elapsed = func() time.Duration { return time.Since(began) }
	return options
}

// announce is what others are told, unless the settings say otherwise. A node that listens on one address is found there; one that listens on all of them
// cannot know which of them the others see, unless by the peers that it is to join.
func (c *commandLine) announce(clientPort, busPort uint16) core.Announce {
	a := core.Announce{
		Zone: string(c.AvailabilityZone), ClientPort: clientPort, BusPort: busPort, TLSPort: uint16(c.TLSPort),
	}
	if first := c.Bind[0].address; !first.IsUnspecified() {
		a.Host = first.WithZone("").String()
	}
	if a.Host == "" {
		a.Host = c.SeedPeers.seenFrom()
	}
	return a
}

// process is what INFO says of the process.
func (c *commandLine) process() core.ProcessInfo {
	executable, _ := os.Executable() // shown to people only
	return core.ProcessInfo{
		ID: os.Getpid(), Version: core.Version, Executable: executable, ConfigFile: c.ConfigFile,
		OS: runtime.GOOS, Architecture: runtime.GOARCH, MemoryUsed: memoryUsed,
	}
}

// memoryUsed is what Go's runtime has of the system's memory and has not given back.
func memoryUsed() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// configParameters is what CONFIG GET shows: the settings, and those parameters of Redis that clients and tools ask for
// though they have only one value here.
func (c *commandLine) configParameters(clientPort, busPort uint16) []command.Parameter {
	all := []command.Parameter{
		{Name: "appendonly", Value: "no"},
		{Name: "cluster-enabled", Value: "yes"},
		{Name: "daemonize", Value: "no"},
		{Name: "databases", Value: "1"},
		{Name: "save", Value: ""},
	}
	for _, p := range c.parameters {
		value := p.value()
		switch p.name {
		case "port":
			value = fmt.Sprint(clientPort)
		case "cluster-port":
			value = fmt.Sprint(busPort)
		}
		all = append(all, command.Parameter{Name: p.name, Value: value})
	}
	slices.SortFunc(all, func(a, b command.Parameter) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// entropy draws 64 bits from the operating system.
func entropy() uint64 {
	var seed [8]byte
	rand.Read(seed[:]) // never fails
	return binary.LittleEndian.Uint64(seed[:])
}
