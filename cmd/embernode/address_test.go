package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ember-cluster/ember/core/topology"
)

// forward passes on what arrives at an address to another one, on TCP and, if asked to, on UDP, as a container's host does. Who is
// reached in this way sees the forwarder's address.
func forward(t *testing.T, from, to string, datagrams bool) {
	t.Helper()
	listener, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			outside, err := listener.Accept()
			if err != nil {
				return
			}
			inside, err := net.Dial("tcp", to)
			if err != nil {
				outside.Close()
				continue
			}
			pipe := func(to, from net.Conn) {
				_, _ = io.Copy(to, from) // how it ended is for the two sides to say
				to.Close()
			}
			go pipe(inside, outside)
			go pipe(outside, inside)
		}
	}()
	if datagrams {
		forwardDatagrams(t, from, to, func(data []byte) [][]byte { return [][]byte{data} })
	}
}

// forwardDatagrams keeps a socket for each sender, to which the answers go back. The target gets what mistreat makes of a datagram.
func forwardDatagrams(t *testing.T, from, to string, mistreat func([]byte) [][]byte) {
	t.Helper()
	outside, err := net.ListenPacket("udp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside.Close() })
	go func() {
		inside := map[string]net.Conn{}
		buffer := make([]byte, 2000)
		for {
			n, sender, err := outside.ReadFrom(buffer)
			if err != nil {
				break
			}
			socket := inside[sender.String()]
			if socket == nil {
				if socket, err = net.Dial("udp", to); err != nil {
					continue
				}
				inside[sender.String()] = socket
				go sendBack(outside, sender, socket)
			}
			for _, datagram := range mistreat(buffer[:n]) {
				_, _ = socket.Write(datagram) // may be lost, as datagrams may
			}
		}
		for _, socket := range inside {
			socket.Close()
		}
	}()
}

func sendBack(outside net.PacketConn, sender net.Addr, inside net.Conn) {
	buffer := make([]byte, 2000)
	for {
		n, err := inside.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the target does not listen yet, of which the socket tells once for each datagram
		}
		_, _ = outside.WriteTo(buffer[:n], sender)
	}
}

// TestNodesBehindForwarders has nodes that are reached at other addresses and ports than they listen on: their peers, sealed and
// not, and clients find them at those that they announce.
func TestNodesBehindForwarders(t *testing.T) {
	for _, secret := range []string{"", oldSecret} {
		t.Run(fmt.Sprintf("sealed=%v", secret != ""), func(t *testing.T) {
			ports := freePorts(t, 4)
			bound, outside := ports[:2], ports[2:]
			nodes := make([]topology.Node, len(bound))
			for i, port := range outside {
				nodes[i] = topology.Node{
					Host: "127.0.0.2", ClientPort: uint16(port), BusPort: uint16(port + busPortDistance), Hostname: fmt.Sprintf("node-%d.example", i),
				}
				forward(t, fmt.Sprintf("127.0.0.2:%d", port), fmt.Sprintf("127.0.0.1:%d", bound[i]), false)
				forward(t, fmt.Sprintf("127.0.0.2:%d", port+busPortDistance), fmt.Sprintf("127.0.0.1:%d", bound[i]+busPortDistance), true)
			}
			dirs := formatNodes(t, nodes)
			var clients []*client
			for i, dir := range dirs {
				p := start(t, dir, "--port", fmt.Sprint(bound[i]), "--cluster-node-timeout", "600", "--cluster-secret", secret,
					"--cluster-announce-ip", "127.0.0.2", "--cluster-announce-port", fmt.Sprint(outside[i]),
					"--cluster-announce-bus-port", fmt.Sprint(outside[i]+busPortDistance), "--cluster-announce-hostname", nodes[i].Hostname)
				if strings.Contains(p.log.String(), "another address") {
					t.Errorf("it announces what the cluster does not know:\n%s", p.log)
				}
				clients = append(clients, dial(t, p.address()))
			}
			for _, c := range clients {
				c.awaitEveryone()
			}
			slot := fmt.Sprint("MOVED 12182 127.0.0.2:", outside[1])
			clients[0].expect(slot, "GET", "foo")
			c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{clients[0].socket.RemoteAddr().String()}})
			defer c.Close()
			if err := c.Set(t.Context(), "foo", "bar", 0).Err(); err != nil {
				t.Error(err)
			}
			clients[1].expect("bar", "GET", "foo")

			clients[0].expect("OK", "CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname")
			clients[0].expect(fmt.Sprint("MOVED 12182 node-1.example:", outside[1]), "GET", "foo")
			clients[0].expect("OK", "CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint")
			clients[0].expect(fmt.Sprint("MOVED 12182 :", outside[1]), "GET", "foo")
			clients[0].expect("OK", "CONFIG", "SET", "cluster-preferred-endpoint-type", "ip")
			clients[0].expect(slot, "GET", "foo")
		})
	}
}

// TestJoinBehindForwarders has nodes find each other that are only reached at other addresses than they listen on.
func TestJoinBehindForwarders(t *testing.T) {
	ports := freePorts(t, 6)
	bound, outside := ports[:3], ports[3:]
	var clients []*client
	for i, port := range outside {
		forward(t, fmt.Sprintf("127.0.0.2:%d", port), fmt.Sprintf("127.0.0.1:%d", bound[i]), false)
		forward(t, fmt.Sprintf("127.0.0.2:%d", port+busPortDistance), fmt.Sprintf("127.0.0.1:%d", bound[i]+busPortDistance), true)
		args := []string{"--port", fmt.Sprint(bound[i]), "--cluster-node-timeout", "600", "--cluster-secret", oldSecret,
			"--cluster-announce-ip", "127.0.0.2", "--cluster-announce-port", fmt.Sprint(port),
			"--cluster-announce-bus-port", fmt.Sprint(port + busPortDistance)}
		if i == 0 {
			args = append(args, "--cluster-init")
		} else {
			args = append(args, "--seed-peers", fmt.Sprintf("127.0.0.2:%d", outside[i-1]))
		}
		clients = append(clients, dial(t, start(t, t.TempDir(), args...).address()))
	}
	for i, c := range clients {
		await(t, fmt.Sprintf("node %d is in the cluster", i), func() bool {
			return strings.Contains(c.call("CLUSTER", "INFO"), "cluster_known_nodes:3\r")
		})
		c.awaitEveryone()
		nodes := c.call("CLUSTER", "NODES")
		for _, port := range outside {
			if !strings.Contains(nodes, fmt.Sprintf(" 127.0.0.2:%d@%d ", port, port+busPortDistance)) {
				t.Errorf("node %d knows nobody at port %d:\n%s", i, port, nodes)
			}
		}
	}
	clients[2].expect(fmt.Sprintf("MOVED 12182 127.0.0.2:%d", outside[0]), "GET", "foo")
}

// hasIPv6 reports whether the loopback interface has its IPv6 address, and says in the log if it has not.
func hasIPv6(t *testing.T) bool {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Logf("not run: %v", err)
		return false
	}
	listener.Close()
	return true
}

// TestClusterOverIPv6 has nodes that know each other by addresses of IPv6 and serve clients by both families.
func TestClusterOverIPv6(t *testing.T) {
	if !hasIPv6(t) {
		return
	}
	ports := freePorts(t, 2)
	nodes := make([]topology.Node, len(ports))
	for i, port := range ports {
		nodes[i] = topology.Node{Host: "::1", ClientPort: uint16(port), BusPort: uint16(port + busPortDistance)}
	}
	for _, bind := range []string{"::1 127.0.0.1", "127.0.0.1 -::1 -192.0.2.1", "* -::*"} {
		t.Run(bind, func(t *testing.T) {
			var clients []*client
			for i, dir := range formatNodes(t, nodes) {
				args := append([]string{"--bind"}, strings.Fields(bind)...)
				p := start(t, dir, append(args, "--port", fmt.Sprint(ports[i]), "--cluster-node-timeout", "600",
					"--cluster-announce-ip", "::1", "--cluster-secret", oldSecret)...)
				clients = append(clients, dial(t, netip.AddrPortFrom(netip.IPv6Loopback(), uint16(ports[i])).String()), dial(t, p.address()))
			}
			for _, c := range clients {
				c.awaitEveryone()
			}
			clients[0].expect(fmt.Sprint("MOVED 12182 ::1:", ports[1]), "GET", "foo")
			c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{clients[0].socket.RemoteAddr().String()}})
			defer c.Close()
			if err := c.Set(t.Context(), "foo", "bar", 0).Err(); err != nil {
				t.Error(err)
			}
			clients[2].expect("bar", "GET", "foo")
		})
	}
}

// TestJoinOverIPv6 has a node join another by IPv6 that listens everywhere, and knows its own address from its peer only.
func TestJoinOverIPv6(t *testing.T) {
	if !hasIPv6(t) {
		return
	}
	ports := freePorts(t, 2)
	first := start(t, t.TempDir(), "--port", fmt.Sprint(ports[0]), "--bind", "::1", "127.0.0.1", "--cluster-init", "--cluster-secret", oldSecret)
	second := start(t, t.TempDir(), "--port", fmt.Sprint(ports[1]), "--bind", "*", "-::*", "--seed-peers", fmt.Sprintf("[::1]:%d", ports[0]),
		"--cluster-secret", oldSecret)
	for _, p := range []*process{first, second} {
		c := dial(t, p.address())
		await(t, "both nodes are known by IPv6", func() bool {
			nodes := c.call("CLUSTER", "NODES")
			return strings.Contains(nodes, fmt.Sprintf(" ::1:%d@", ports[0])) && strings.Contains(nodes, fmt.Sprintf(" ::1:%d@", ports[1]))
		})
		c.awaitEveryone()
	}
	dial(t, second.address()).expect(fmt.Sprintf("MOVED 12182 ::1:%d", ports[0]), "GET", "foo")
}

// TestMissingAddresses: an address that the host lacks ends the start, unless it may be missing and another one is there.
func TestMissingAddresses(t *testing.T) {
	oneLine(t, fail(t, t.TempDir(), "--bind", "127.0.0.1", "192.0.2.1"), "port 0 for clients", "192.0.2.1")
	oneLine(t, fail(t, t.TempDir(), "--bind", "-192.0.2.1", "-2001:db8::1"), "this host has none of the addresses -192.0.2.1 -2001:db8::1")
	dial(t, start(t, t.TempDir(), "--bind", "127.0.0.1", "-192.0.2.1", "-2001:db8::1").address()).expect("PONG", "PING")
}
