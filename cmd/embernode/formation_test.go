package main

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestSeedPeers(t *testing.T) {
	for text, want := range map[string]string{
		"a.example:7000":                 "a.example:7000",
		"10.0.0.1:7000, [::1]:7001":      "10.0.0.1:7000,[::1]:7001",
		"host:7000@8000 host:7000@17000": "host:7000@8000,host:7000",
	} {
		if got := parse(t, "--seed-peers", text).SeedPeers.String(); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"host", "host:", ":7000", "host:0", "host:60000", "host:7000@0", "host:7000@x", "::1:7000"} {
		oneLine(t, fail(t, t.TempDir(), "--seed-peers", text), "seed-peers")
	}
	oneLine(t, fail(t, t.TempDir(), "--seed-peers", "host:7000", "--cluster-init"), "give only one of them")
	if got := parse(t, "--seed-peers", "127.0.0.1:7000").announce(1, 2).Host; got != "127.0.0.1" {
		t.Errorf("the address announced to a seed peer on this host is %q", got)
	}
	if got := parse(t, writeConfig(t, "cluster-init yes", `seed-peers ""`)).SeedPeers; len(got) > 0 {
		t.Errorf("peers %v", got)
	}
}

// TestClusterInit begins a cluster by a flag alone, once: what is done later stays.
func TestClusterInit(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--cluster-init", "--requirepass", "secret")
	c := dial(t, p.address())
	c.expect("OK", "AUTH", "secret")
	await(t, "all slots are served", func() bool { return strings.Contains(c.call("CLUSTER", "INFO"), "cluster_state:ok") })
	c.expect("OK", "SET", "key", "value")
	await(t, "nobody else is left", func() bool { return strings.Count(c.call("CLIENT", "LIST"), "\n") == 1 })
	c.expect("OK", "CLUSTER", "DELSLOTS", "12182")
	p.kill()
	p = start(t, dir, "--cluster-init")
	c = dial(t, p.address())
	for range 20 {
		c.expect("CLUSTERDOWN Hash slot not served", "GET", "foo")
	}
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// TestClusterBySeedPeers has a cluster begin with one flag and others come with another one, by address and by name, sealed. The same
// start of each again changes nothing.
func TestClusterBySeedPeers(t *testing.T) {
	ports := freePorts(t, 3)
	seeds := fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", ports[0], ports[1])
	if addresses, err := net.LookupHost("localhost"); err == nil && slices.Contains(addresses, "127.0.0.1") {
		seeds = fmt.Sprintf("no.such.name.invalid:1,localhost:%d", ports[0])
	}
	args := [][]string{{"--cluster-init"}, {"--seed-peers", fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", ports[0], ports[1])}, {"--seed-peers", seeds}}
	dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	for range 2 {
		var nodes []*process
		for i := range ports {
			nodes = append(nodes, start(t, dirs[i], append(args[i], "--port", fmt.Sprint(ports[i]), "--cluster-node-timeout", "600",
				"--cluster-secret", oldSecret)...))
		}
		for _, p := range nodes {
			c := dial(t, p.address())
			await(t, "all nodes are of one cluster, and serve", func() bool {
				info := c.call("CLUSTER", "INFO")
				return strings.Contains(info, "cluster_known_nodes:3\r") && strings.Contains(info, "cluster_state:ok\r") &&
					strings.Contains(info, "cluster_slots_assigned:16384\r")
			})
			c.awaitEveryone()
		}
		for _, p := range nodes {
			p.kill()
		}
	}
}
