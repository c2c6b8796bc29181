package cluster

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/sim"
)

func drawConfig(t *rapid.T) Config {
	config := DefaultConfig(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 5).Draw(t, "nodes"), rapid.IntRange(0, 5).Draw(t, "clients"))
	config.FullCoverage, config.Gossip.Buddy = rapid.Bool().Draw(t, "coverage"), rapid.Bool().Draw(t, "buddy")
	config.Chaos = time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "chaos"))
	config.Network.Loss = rapid.IntRange(0, 1_000_000).Draw(t, "loss")
	number := 0
	for i := range config.Nodes {
		number += rapid.IntRange(1, 3).Draw(t, "gap")
		config.Nodes[i].Number = number
		config.Nodes[i].Share = rapid.IntRange(1, 3).Draw(t, "share")
		config.Nodes[i].ClockDrift = rapid.Int64Range(-200, 200).Draw(t, "drift")
		config.Nodes[i].WallOffset = time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "wall"))
	}
	for i := range config.Clients {
		config.Clients[i].Depth = rapid.IntRange(1, 9).Draw(t, "depth")
	}
	return config
}

func TestScriptsKeepTheConfiguration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := drawConfig(t)
		plan := sim.Plan{Inputs: []sim.Input{{At: 1, Host: "client-1", Args: []string{"GET", "k"}}}}
		script, err := NewScript("test", config, plan)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := sim.ParseScript(script.String())
		if err != nil {
			t.Fatal(err)
		}
		read, readPlan, err := FromScript(parsed)
		config.number()
		if len(config.Clients) == 0 {
			config.Clients = nil
		}
		if err != nil || !reflect.DeepEqual(read, config) || !reflect.DeepEqual(readPlan, plan) {
			t.Fatalf("%+v became %+v, %v", config, read, err)
		}
	})
}

func TestScriptsThatDoNotFitSayWhy(t *testing.T) {
	config, plan := small(1)
	script, err := NewScript("test", config, plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words string
		edit  func(s *sim.Script)
	}{
		{`the script is of "other"`, func(s *sim.Script) { s.Program = "other" }},
		{`no setting "raft" (the script is of version 9)`, func(s *sim.Script) {
			s.Version, s.Settings = "9", append(s.Settings, sim.Setting{Name: "raft"})
		}},
		{`run has no value "later"`, func(s *sim.Script) {
			s.Settings[0].Values = append(s.Settings[0].Values, sim.Value{Key: "later", Text: "1"})
		}},
		{"chaos of run", func(s *sim.Script) { s.Settings[0].Values[0].Text = "long" }},
		{"both phases", func(s *sim.Script) { s.Settings[0].Values[0].Text = "0s" }},
		{"neither a node nor a client", func(s *sim.Script) { s.Hosts[0].Name = "node-01" }},
		{"neither a node nor a client", func(s *sim.Script) { s.Hosts[0].Name = "server-1" }},
		{"in the order of their numbers", func(s *sim.Script) { s.Hosts[0].Name = "node-9" }},
		{`"never" is none of`, func(s *sim.Script) { s.Hosts[len(s.Hosts)-1].Values[1].Text = "never" }},
	} {
		edited := script.Clone()
		c.edit(&edited)
		if _, _, err := FromScript(edited); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%v, want ...%s...", err, c.words)
		}
	}
}

func TestWhatAScriptLeavesOutHasItsDefault(t *testing.T) {
	config, _, err := FromScript(sim.Script{Program: programName, Seed: 5, Hosts: []sim.Setting{{Name: "node-1"}, {Name: "client-2"}}})
	want := DefaultConfig(5, 1, 1)
	want.number()
	want.Clients[0].Number, want.Clients[0].Cache = 2, CacheEmpty
	if err != nil || !reflect.DeepEqual(config, want) {
		t.Errorf("got %+v, %v", config, err)
	}
}

func TestARunStopsAtAnEventAndCanBeLookedAt(t *testing.T) {
	config, plan := small(3)
	config.Until = 1000
	r := mustRun(t, config, plan)
	if r.Events != 1000 || r.Verdict != sim.OK || r.Judgement != nil {
		t.Errorf("stopped after %d events, %s", r.Events, r.Verdict)
	}
	for host, words := range map[string]string{"node-1": "serving true", "client-1": "slots 0-"} {
		if dump, err := r.Cluster.Dump(host); err != nil || !strings.Contains(dump, words) {
			t.Errorf("%s: %v\n%s", host, err, dump)
		}
	}
	if _, err := r.Cluster.Dump("node-77"); err == nil {
		t.Error("a host that there is not has a state")
	}
}
