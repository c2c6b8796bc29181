package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// format lays out a cluster in new directories: each node has an equal share of the slots. It returns the directories.
func format(t *testing.T, ports []int) []string {
	t.Helper()
	nodes := make([]topology.Node, len(ports))
	for i, port := range ports {
		nodes[i] = topology.Node{Host: "127.0.0.1", ClientPort: uint16(port), BusPort: uint16(port + busPortDistance)}
	}
	return formatNodes(t, nodes)
}

// formatNodes is format for nodes at any addresses. It gives them their ids.
func formatNodes(t *testing.T, nodes []topology.Node) []string {
	t.Helper()
	dirs := make([]string, len(nodes))
	for i := range nodes {
		nodes[i].ID, dirs[i] = nodeID(i), t.TempDir()
	}
	if err := layOut(nodes, dirs); err != nil {
		t.Fatal(err)
	}
	return dirs
}

func nodeID(i int) wire.NodeID { return wire.NodeID{0xa0 + byte(i)} }

// startCluster starts a formatted cluster and waits until all nodes have heard of each other.
func startCluster(t *testing.T, n int, args ...string) []*process {
	t.Helper()
	ports := freePorts(t, n)
	dirs := format(t, ports)
	nodes := make([]*process, n)
	for i := range nodes {
		nodes[i] = start(t, dirs[i], append([]string{"--port", fmt.Sprint(ports[i]), "--cluster-node-timeout", "600"}, args...)...)
	}
	for _, p := range nodes {
		c := dial(t, p.address())
		c.awaitEveryone()
		c.close()
	}
	return nodes
}

// awaitEveryone waits until the node has heard of every other.
func (c *client) awaitEveryone() {
	c.t.Helper()
	await(c.t, "every node has heard of every other", func() bool {
		heard := true
		for _, line := range strings.Split(strings.TrimSpace(c.call("CLUSTER", "NODES")), "\n") {
			fields := strings.Fields(line)
			heard = heard && (strings.Contains(fields[2], "myself") || fields[5] != "0" && fields[7] == "connected")
		}
		return heard
	})
}

func TestClientsFollowRedirects(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		nodes := startCluster(t, 2, "--loop", loop)
		owner := func(key string) int { return int(slots.Of([]byte(key))) * 2 / slots.Count }
		raw := dial(t, nodes[1-owner("foo")].address())
		raw.expect(fmt.Sprintf("MOVED 12182 %s", nodes[owner("foo")].address()), "SET", "foo", "bar")

		ctx := t.Context()
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{nodes[0].address()}})
		defer c.Close()
		pipe := c.Pipeline()
		for i := range 200 {
			pipe.Set(ctx, fmt.Sprint("key:", i), i, 0)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			if got, err := c.Get(ctx, fmt.Sprint("key:", i)).Int(); got != i || err != nil {
				t.Fatalf("key %d: %d, %v", i, got, err)
			}
		}
		for i, p := range nodes {
			size := dial(t, p.address()).call("DBSIZE")
			want := 0
			for k := range 200 {
				if owner(fmt.Sprint("key:", k)) == i {
					want++
				}
			}
			if size != fmt.Sprint(want) {
				t.Errorf("node %d has %s keys, want %d", i, size, want)
			}
		}
	})
}

// TestDeathAndReturn ends a node: the others notice, refuse everything while its slots are not served, and welcome it when it
// is back, under its own address and number.
func TestDeathAndReturn(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		nodes := startCluster(t, 3, "--loop", loop)
		c := dial(t, nodes[0].address())
		key := keyOf(t, 0, 3)
		c.expect("OK", "SET", key, "x")
		for _, end := range []func(p *process){(*process).kill, func(p *process) { p.stop(syscall.SIGTERM) }} {
			last := nodes[2]
			end(last)
			await(t, "the death is noticed", func() bool { return flags(c, 2) == "master,fail" })
			c.expect("CLUSTERDOWN The cluster is down", "GET", key)
			if info := c.call("CLUSTER", "INFO"); !strings.Contains(info, "cluster_state:fail") {
				t.Errorf("CLUSTER INFO: %s", info)
			}
			nodes[2] = start(t, last.dir, "--loop", loop, "--port", fmt.Sprint(last.port), "--cluster-node-timeout", "600")
			await(t, "the return is noticed", func() bool { return flags(c, 2) == "master" })
			c.expect("x", "GET", key)
		}
	})
}

// TestChangesAreDecidedByTheCluster changes the configuration at every node of a cluster, of which three vote and one does not, while
// each of them is killed and started again in turn.
func TestChangesAreDecidedByTheCluster(t *testing.T) {
	nodes := startCluster(t, 4)
	for i := range nodes {
		slot := fmt.Sprint(i*slots.Count/4 + 1) // node i has it
		for _, at := range []int{i, (i + 1) % 4} {
			c := dial(t, nodes[at].address())
			await(t, "the node knows who has the slot", func() bool { return c.call("CLUSTER", "DELSLOTS", slot) == "OK" })
			c.expect("ERR Slot "+slot+" is already unassigned", "CLUSTER", "DELSLOTS", slot)
			c.expect("OK", "CLUSTER", "ADDSLOTS", slot)
			c.close()
		}
		last := nodes[i]
		last.kill()
		nodes[i] = start(t, last.dir, "--port", fmt.Sprint(last.port), "--cluster-node-timeout", "600")
		c := dial(t, nodes[i].address())
		await(t, "the return is decided", func() bool { return strings.Contains(c.call("CLUSTER", "INFO"), "cluster_state:ok") })
		c.close()
	}
}

// keyOf returns a key of a slot that the node of so many owns.
func keyOf(t *testing.T, node, nodes int) string {
	t.Helper()
	for i := range 1000 {
		key := fmt.Sprint("key:", i)
		if int(slots.Of([]byte(key)))*nodes/slots.Count == node {
			return key
		}
	}
	t.Fatal("no key")
	return ""
}

// flags returns the flags that CLUSTER NODES has for a node.
func flags(c *client, node int) string {
	c.t.Helper()
	for _, line := range strings.Split(c.call("CLUSTER", "NODES"), "\n") {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == nodeID(node).String() {
			return fields[2]
		}
	}
	c.t.Fatalf("node %d is not in CLUSTER NODES", node)
	return ""
}

// TestLeavingIsTold stops a node in order. Failure detection is so slow here that only the node itself can have told.
func TestLeavingIsTold(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		ports := freePorts(t, 2)
		dirs := format(t, ports)
		var nodes []*process
		for i, dir := range dirs {
			nodes = append(nodes, start(t, dir, "--loop", loop, "--port", fmt.Sprint(ports[i]), "--cluster-node-timeout", "3600000"))
		}
		c := dial(t, nodes[0].address())
		if got := flags(c, 1); got != "master" {
			t.Fatalf("before it leaves it is %s", got)
		}
		if code := nodes[1].stop(syscall.SIGTERM); code != 0 {
			t.Errorf("exit status %d", code)
		}
		await(t, "the leave is heard of", func() bool { return flags(c, 1) == "master,fail" })
	})
}
