package cluster

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/transport/netsim"
)

// runGroup is the setting of the phases of a run.
const runGroup = "run"

// programName is what this package simulates, in scripts.
const programName = "ember"

// NewScript writes a run down. The error is a mistake in the configuration or the plan.
func NewScript(scenario string, config Config, plan sim.Plan) (sim.Script, error) {
	config.number()
	if err := errors.Join(config.validate(), validatePlan(plan)); err != nil {
		return sim.Script{}, err
	}
	script := sim.Script{
		Program: programName, Version: core.Version, Scenario: scenario, Seed: config.Seed, Plan: plan,
	}
	for _, g := range config.groups() {
		script.Settings = append(script.Settings, g.setting())
	}
	for i := range config.Nodes {
		script.Hosts = append(script.Hosts, config.Nodes[i].group().setting())
	}
	for i := range config.Clients {
		script.Hosts = append(script.Hosts, config.Clients[i].group().setting())
	}
	return script, nil
}

// FromScript reads what NewScript has written. What a script does not set has the value that this version gives it. An error says
// what does not fit: a setting that there is not, a value that is out of its bounds, a host that is neither node nor client.
func FromScript(script sim.Script) (Config, sim.Plan, error) {
	if script.Program != programName {
		return Config{}, sim.Plan{}, fmt.Errorf("cluster: the script is of %q, and this simulates %s", script.Program, programName)
	}
	config := defaultConfig(script.Seed)
	groups := config.groups()
	for _, setting := range script.Settings {
		at := slices.IndexFunc(groups, func(g group) bool { return g.name == setting.Name })
		if at < 0 {
			return Config{}, sim.Plan{}, fmt.Errorf("cluster: Ember %s has no setting %q (the script is of version %s)", core.Version, setting.Name, script.Version)
		}
		if err := groups[at].load(setting); err != nil {
			return Config{}, sim.Plan{}, fmt.Errorf("%w (the script is of version %s, this is %s)", err, script.Version, core.Version)
		}
	}
	for _, host := range script.Hosts {
		if err := config.addHost(host); err != nil {
			return Config{}, sim.Plan{}, fmt.Errorf("%w (the script is of version %s, this is %s)", err, script.Version, core.Version)
		}
	}
	return config, script.Plan, config.validate()
}

// addHost adds a host of a script, by its name.
func (c *Config) addHost(host sim.Setting) error {
	switch kind, number := cutNumber(host.Name); kind {
	case "node":
		node := defaultNode()
		node.Number = number
		c.Nodes = append(c.Nodes, node)
		return c.Nodes[len(c.Nodes)-1].group().load(host)
	case "client":
		c.Clients = append(c.Clients, ClientConfig{Number: number, Depth: 1, Cache: CacheEmpty})
		return c.Clients[len(c.Clients)-1].group().load(host)
	}
	return fmt.Errorf("cluster: %q is neither a node nor a client", host.Name)
}

// groups are the settings that a script has of a run as a whole.
func (c *Config) groups() []group {
	return []group{
		{runGroup, []field{
			duration("chaos", &c.Chaos), duration("settle", &c.Settle), integer("step-budget", &c.StepBudget),
		}},
		{"cluster", []field{
			flag("full-coverage", &c.FullCoverage), flag("reads-when-down", &c.AllowReadsWhenDown), integer("reply-burst", &c.ReplyBurst),
			integer("query-buffer", &c.QueryBuffer), duration("stream-idle", &c.StreamIdle), integer("log-segment", &c.LogSegment),
			integer("operators", &c.Operators), duration("voter-replacement", &c.VoterReplacement),
			duration("expiry-interval", &c.ExpiryInterval),
		}},
		{"upgrade", []field{
			integer("reply-burst", &c.Upgrade.ReplyBurst), integer("query-buffer", &c.Upgrade.QueryBuffer),
			duration("stream-idle", &c.Upgrade.StreamIdle), integer("log-segment", &c.Upgrade.LogSegment),
			duration("probe-interval", &c.Upgrade.ProbeInterval), integer("max-payload", &c.Upgrade.MaxPayload),
		}},
		gossipGroup(&c.Gossip),
		networkGroup(&c.Network),
	}
}

func (n *NodeConfig) group() group {
	return group{nodeName(n.Number), []field{
		integer("share", &n.Share), duration("clock-offset", &n.ClockOffset), integer("clock-drift", &n.ClockDrift),
		duration("wall-offset", &n.WallOffset), duration("disk-latency", &n.DiskLatency), flag("unhealed", &n.Unhealed),
		flag("empty", &n.Empty),
	}}
}

func (c *ClientConfig) group() group {
	return group{clientName(c.Number), []field{integer("depth", &c.Depth), choice("cache", &c.Cache, cacheStarts)}}
}

func gossipGroup(g *gossip.Config) group {
	return group{"gossip", []field{
		duration("probe-interval", &g.ProbeInterval), duration("probe-timeout", &g.ProbeTimeout),
		integer("indirect-probes", &g.IndirectProbes), flag("reliable-fallback", &g.ReliableFallback),
		integer("lambda", &g.Lambda), integer("alpha", &g.Alpha), integer("beta", &g.Beta),
		integer("suspicion-confirmations", &g.SuspicionConfirmations), integer("local-health-max", &g.LocalHealthMax),
		flag("lha-probe", &g.LHAProbe), flag("lha-suspicion", &g.LHASuspicion), flag("buddy", &g.Buddy),
		flag("forgive-pauses", &g.ForgivePauses),
		duration("gossip-interval", &g.GossipInterval), integer("gossip-nodes", &g.GossipNodes),
		duration("gossip-to-the-dead", &g.GossipToTheDead), duration("push-pull-interval", &g.PushPullInterval),
		duration("reconnect-interval", &g.ReconnectInterval), integer("max-payload", &g.MaxPayload),
		integer("max-state-payload", &g.MaxStatePayload), integer("max-relays", &g.MaxRelays),
	}}
}

func networkGroup(p *netsim.Profile) group {
	return group{"network", []field{
		duration("latency", &p.Latency), duration("jitter", &p.Jitter), integer("loss", &p.Loss),
		integer("duplicate", &p.Duplicate), integer("reorder", &p.Reorder), duration("reorder-delay", &p.ReorderDelay),
		integer("corrupt", &p.Corrupt), integer("bandwidth", &p.Bandwidth), duration("queue-delay", &p.QueueDelay),
	}}
}
