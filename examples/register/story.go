package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/sim"
)

const (
	chaos  = 20 * time.Second // in which faults strike and operations begin
	settle = time.Minute      // in which a healed world has to answer all of them
)

// draw decides, by the seed, what happens in a run.
func draw(seed uint64, hasty bool) sim.Script {
	source := random.Derive(seed, "story")
	script := sim.Script{Program: "register", Version: "1", Scenario: "register", Seed: seed}
	script.Settings = []sim.Setting{{Name: "register", Values: []sim.Value{{Key: "hasty", Text: fmt.Sprint(hasty)}}}}
	var hosts, clients []string
	for i := range 3 + 2*source.IntN(2) {
		hosts = append(hosts, fmt.Sprintf("replica-%d", i+1))
	}
	for i := range 2 + source.IntN(3) {
		clients = append(clients, fmt.Sprintf("client-%d", i+1))
	}
	hosts = append(hosts, clients...)
	for _, host := range hosts {
		script.Hosts = append(script.Hosts, sim.Setting{Name: host})
	}
	// Messages have no checksum, and clients do not remember over a crash what they were doing.
	script.Plan.Faults = sim.DefaultFaultMix().Without(sim.FaultCorrupt).Draw(seed, sim.FaultTargets{
		Hosts: hosts, From: time.Second, Until: chaos,
		Allow: func(f sim.Fault, _ []sim.Fault) bool {
			return !f.Kind.Down() || !slices.ContainsFunc(f.Hosts, func(host string) bool { return slices.Contains(clients, host) })
		},
	})
	for _, host := range clients {
		for at, n := source.Exponential(time.Second), 1; at < chaos; at, n = at+source.Exponential(time.Second), n+1 {
			args := []string{"read"}
			if source.Chance(random.Million / 3) {
				args = []string{"write", fmt.Sprintf("%s/%d", host, n)}
			}
			script.Plan.Inputs = append(script.Plan.Inputs, sim.Input{At: at, Host: host, Args: args})
		}
	}
	return script
}

// perform runs a script and judges what came of it. Observe may be nil.
func perform(script sim.Script, observe func(*sim.Record)) (sim.Report, *sim.Failure, error) {
	world := sim.New(sim.Config{Seed: script.Seed, Observe: observe})
	h := &history{}
	var replicas []netip.AddrPort
	hasty := len(script.Settings) > 0 && slices.Contains(script.Settings[0].Values, sim.Value{Key: "hasty", Text: "true"})
	for _, setting := range script.Hosts {
		if strings.HasPrefix(setting.Name, "replica-") {
			host := world.AddHost(setting.Name, sim.ProgramFunc(bootReplica), sim.HostOptions{RestartDelay: time.Second})
			replicas = append(replicas, netip.AddrPortFrom(host.Address(), port))
		}
	}
	for _, setting := range script.Hosts {
		if strings.HasPrefix(setting.Name, "client-") {
			world.AddHost(setting.Name, sim.ProgramFunc(func(host *sim.Host) sim.Process {
				return &client{host: host, bus: host.Listen(port), replicas: replicas, hasty: hasty, history: h}
			}), sim.HostOptions{})
		}
	}
	if len(replicas) == 0 {
		return sim.Report{}, nil, errors.New("a register needs a replica")
	}
	if err := world.Load(script.Plan); err != nil {
		return sim.Report{}, nil, err
	}
	world.Run(chaos)
	world.Heal()
	if !world.RunUntil(chaos+settle, func() bool { return h.pending() == 0 }) && world.Failure() == nil {
		world.Fail(sim.Stalled, "progress", fmt.Sprintf("%d operations are not answered %v after the world healed", h.pending(), settle))
	}
	if err := h.check(); err != nil {
		world.Fail(sim.Violation, "linearizability", err.Error())
	}
	return world.Report(script.Scenario), world.Failure(), nil
}
