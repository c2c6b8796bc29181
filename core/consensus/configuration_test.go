package consensus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// configuration is a cluster's configuration as the state machine that it is to the consensus group.
type configuration struct{ state *topology.State }

func (c *configuration) Apply(_ uint64, data []byte) []byte {
	command, err := topology.DecodeCommand(data)
	if err != nil {
		return nil // nobody proposes that; all nodes pass over it alike
	}
	next, result := c.state.Apply(command)
	c.state = next
	return topology.AppendResult(nil, result)
}

func (c *configuration) AppendState(dst []byte) []byte { return c.state.Append(dst) }

func (c *configuration) CheckState(data []byte) error {
	_, err := topology.Decode(data)
	return err
}

func (c *configuration) Restore(data []byte) {
	state, err := topology.Decode(data)
	if err != nil {
		panic(err) // it was checked
	}
	c.state = state
}

// The bounds of the two packages fit each other.
const (
	_ = uint(consensus.MaxResult - topology.MaxResultBytes)
	_ = uint(consensus.MaxVoters - topology.MaxVoters)
)

// cluster is a few machines whose messages arrive and whose records are durable at once.
type cluster struct {
	now      time.Duration
	machines []*consensus.Machine
	states   []*configuration
	answers  []topology.Result
}

func (c *cluster) add(build func(*configuration) *consensus.Machine, state *topology.State) {
	configuration := &configuration{state: state}
	c.states = append(c.states, configuration)
	c.machines = append(c.machines, build(configuration))
}

// run makes time pass, and everything happen that is to.
func (c *cluster) run(t *testing.T, d time.Duration) {
	t.Helper()
	for end := c.now + d; c.now < end; c.now += 10 * time.Millisecond {
		for busy := true; busy; {
			busy = false
			for i, m := range c.machines {
				if m.NextDeadline() <= c.now {
					m.Advance(c.now)
				}
				out := m.Take()
				if len(out.Records) > 0 {
					m.Persisted(c.now, out.Records[len(out.Records)-1].Position)
				}
				busy = busy || len(out.Records)+len(out.Sends) > 0
				for _, send := range out.Sends {
					if err := c.machines[send.To[19]-1].Receive(c.now, idOf(i), send.Payload); err != nil {
						t.Fatal(err)
					}
				}
				for _, a := range out.Answers {
					result, err := topology.DecodeResult(a.Result)
					if err != nil || !a.Applied {
						t.Fatalf("%+v: %v", a, err)
					}
					c.answers = append(c.answers, result)
				}
			}
		}
	}
}

// Four nodes, three of which vote, agree on who owns which slots. Of two rival claims one wins and the other is told why,
// wherever it was made.
func TestConfigurationIsDecided(t *testing.T) {
	config := consensus.DefaultConfig()
	config.MaxState = topology.MaxStateBytes
	var specs []topology.ShardSpec
	for i := range 4 {
		specs = append(specs, topology.ShardSpec{ID: topology.ShardID(idOf(i)), Epoch: uint64(i + 1), Nodes: []topology.Node{
			{ID: idOf(i), Host: "192.0.2.1", ClientPort: uint16(7000 + i), BusPort: uint16(17000 + i)},
		}})
	}
	state, err := topology.Build(wire.ClusterID{1}, specs...)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{}
	for i := range 4 {
		c.add(func(state *configuration) *consensus.Machine {
			if i == 0 {
				return consensus.Bootstrap(config, 0, idOf(0), state, random.New(1))
			}
			m, err := consensus.New(config, 0, idOf(i), state, random.New(uint64(i)), nil)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}, state)
	}
	fit := func(topology.NodeID) topology.Fitness { return topology.Fit }
	for _, m := range c.machines {
		m.SetVoters(topology.ChooseVoters(state, fit))
		m.SetPeers(topology.ChooseVoters(state, fit))
	}
	c.run(t, 3*time.Second)
	for i, first := range []slots.Slot{0, 200, 150, 400} { // the third is in the second's way, or the other way round
		shard := state.Shards()[i]
		command := topology.AddSlots{Shard: shard.ID, Epoch: shard.Epoch}
		command.Slots.AddRange(slots.Range{First: first, Last: first + 99})
		if err := c.machines[i].Propose(c.now, consensus.ProposalID{byte(i)}, topology.AppendCommand(nil, command)); err != nil {
			t.Fatal(err)
		}
	}
	c.run(t, 3*time.Second)
	refused := 0
	for _, result := range c.answers {
		if result.Err != nil {
			refused++
			if text := result.Err.Error(); text != "ERR Slot 200 is already busy" {
				t.Error(text)
			}
		}
	}
	if len(c.answers) != 4 || refused != 1 {
		t.Errorf("answers %+v", c.answers)
	}
	for i, s := range c.states[:3] {
		if role := c.machines[i].Role(); s.state.Stamp() != c.states[0].state.Stamp() || s.state.AssignedSlots() != 300 || fmt.Sprint(role) == "observer" {
			t.Errorf("node %d, %v, has %v", i, role, s.state)
		}
	}
	if c.machines[3].Role() != consensus.Observer || c.states[3].state != state {
		t.Errorf("the fourth node is %v", c.machines[3])
	}
}
