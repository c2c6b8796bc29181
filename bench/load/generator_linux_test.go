package load

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"
)

// stallingServer answers every line "PING" with "+PONG", and stops for a while at the first.
func stallingServer(t *testing.T, stall time.Duration, reply string) (port int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	begin := sync.OnceValue(func() time.Time { return time.Now().Add(stall) })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				buffer := make([]byte, 1<<16)
				for {
					n, err := connection.Read(buffer)
					if err != nil {
						return
					}
					<-time.After(time.Until(begin()))
					pings := bytes.Count(buffer[:n], []byte("PING"))
					if _, err := connection.Write(bytes.Repeat([]byte(reply), pings)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// TestOmission is the difference between the two loops: a server stalls for half of the run. In a closed loop one request on each
// connection notices, in an open one all that came meanwhile.
func TestOmission(t *testing.T) {
	const stall = 400 * time.Millisecond
	g := Generator{Command: NewCommand("PING"), Numbers: 1, Connections: 2, Pipeline: 1, Duration: 2 * stall}
	closed, _, err := g.run(t.Context(), stallingServer(t, stall, "+PONG\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	g.Rate = 1000
	open, took, err := g.run(t.Context(), stallingServer(t, stall, "+PONG\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	slow := func(latencies []time.Duration) (count int) {
		for _, l := range latencies {
			if l > stall/4 {
				count++
			}
		}
		return count
	}
	if n := slow(closed); n < 1 {
		t.Errorf("%d of %d requests of the closed loop were slow", n, len(closed))
	}
	if n := slow(open); n < 200 {
		t.Errorf("%d of %d requests of the open loop were slow: it waited for the server", n, len(open))
	}
	if s := summarize(open, took); s.P99 < stall/2 || s.Rate <= 0 {
		t.Errorf("the open loop found %+v", s)
	}
}

// TestPipelining shows that a closed loop waits for all replies of a pipeline, and counts every request.
func TestPipelining(t *testing.T) {
	g := Generator{Command: NewCommand("PING"), Numbers: 1, Connections: 3, Pipeline: 16, Duration: 20 * time.Millisecond}
	latencies, took, err := g.run(t.Context(), stallingServer(t, 0, "+PONG\r\n"))
	if err != nil || len(latencies) == 0 || len(latencies)%16 != 0 {
		t.Fatalf("%d replies, %v", len(latencies), err)
	}
	for _, l := range latencies {
		if l <= 0 || l > took {
			t.Fatalf("a latency of %v in a run of %v", l, took)
		}
	}
}

func TestErrorReply(t *testing.T) {
	g := Generator{Command: NewCommand("PING"), Numbers: 1, Connections: 1, Pipeline: 1, Duration: time.Second}
	if _, _, err := g.run(t.Context(), stallingServer(t, 0, "-ERR no\r\n")); err == nil {
		t.Error("an error reply counts as an answer")
	}
}
