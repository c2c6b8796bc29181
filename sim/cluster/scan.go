package cluster

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/sim"
)

// scanInstruction is the first word of an input that has a client go over all keys of the node that serves a key, by SCAN from
// cursor 0 until it is 0 again, with the options that follow:
//
//	1.5s input client-1 scan s3 COUNT 20 MATCH s*
const scanInstruction = "scan"

// scan is one iteration over the keys of a node.
type scan struct {
	client    int
	call, end time.Duration
	// near is the key whose node is asked, options are those of SCAN.
	near    string
	options []string
	// prefix is what MATCH asks for. Scans with other patterns there are not.
	prefix string
	// cursor is where to go on.
	cursor string
	// conn is the connection that it has to itself.
	conn *connection
	// steps are the calls that were answered.
	steps []scanStep
	// whole is set when the cursor is 0 again.
	whole bool
}

// scanStep is one call of SCAN that was answered.
type scanStep struct {
	log     *connectionLog
	ordinal uint64
	keys    []string
}

// parseScan reads the options of a scan: COUNT, TYPE string, and MATCH with the beginning of a key.
func parseScan(args []string) (*scan, error) {
	if len(args)%2 == 0 {
		return nil, errors.New("scan takes a key and the options of SCAN")
	}
	s := &scan{near: args[0], options: args[1:], cursor: "0"}
	for i := 0; i < len(s.options); i += 2 {
		switch value := s.options[i+1]; s.options[i] {
		case "COUNT":
			if count, err := strconv.Atoi(value); err != nil || count < 1 {
				return nil, fmt.Errorf("%q is no count of a scan", value)
			}
		case "TYPE":
			if value != "string" {
				return nil, fmt.Errorf("there are no keys of type %q", value)
			}
		case "MATCH":
			prefix, ok := strings.CutSuffix(value, "*")
			if !ok || strings.ContainsAny(prefix, `*?[\`) {
				return nil, fmt.Errorf("the pattern of a scan is the beginning of a key and a *, not %q", value)
			}
			s.prefix = prefix
		default:
			return nil, fmt.Errorf("a scan has no option %q", s.options[i])
		}
	}
	return s, nil
}

func validateScan(args []string) error {
	_, err := parseScan(args)
	return err
}

// newScan returns the task of an iteration.
func (c *client) newScan(args []string) *task {
	s, err := parseScan(args)
	if err != nil {
		panic("cluster: a scan that validatePlan lets pass: " + err.Error())
	}
	s.client = c.number
	return &task{scan: s, slot: slots.Of([]byte(s.near)), keyed: true}
}

// sendScan sends the next call of an iteration, to the node that answered the ones before.
func (c *client) sendScan(t *task) {
	s := t.scan
	if !slices.Contains(c.connections, s.conn) { // it may have ended while the client did something else
		s.conn = c.connectionOfItsOwn(c.target(t))
		s.conn.held = true
		s.conn.log.noting = true
		t.target = s.conn.address
	}
	s.conn.write(c, c.encode(append([]string{"SCAN", s.cursor}, s.options...)...), t)
}

// scanned handles the reply to a call.
func (c *client) scanned(t *task, reply *resp.Value) {
	s := t.scan
	if reply.Kind == resp.KindError {
		c.endScan(t) // it is not let in, or the node is not ready
		return
	}
	if reply.Kind != resp.KindArray || len(reply.Array) != 2 || reply.Array[1].Kind != resp.KindArray {
		c.cluster.World.Fail(sim.Violation, "scan reply", fmt.Sprintf("%v answers %v to SCAN", s.conn.address, reply))
		return
	}
	step := scanStep{log: s.conn.log, ordinal: s.conn.sent}
	for i := range reply.Array[1].Array {
		step.keys = append(step.keys, string(reply.Array[1].Array[i].Str))
	}
	s.steps = append(s.steps, step)
	s.cursor = string(reply.Array[0].Str)
	if s.cursor == "0" {
		s.whole = true
		c.endScan(t)
		return
	}
	c.goOn(t)
}

// goOn makes the next call of a scan: at once, or when the client has looked at what it has.
func (c *client) goOn(t *task) {
	draw := c.random.At(c.cluster.World.Now())
	if !draw.Chance(random.Million / 4) {
		c.sendScan(t)
		return
	}
	c.retries = append(c.retries, retry{at: c.host.Now() + draw.Exponential(50*time.Millisecond), task: t})
}

// scanLost goes on where the last answer left off: a cursor is good on any connection.
func (c *client) scanLost(t *task) {
	t.scan.conn = nil
	if t.retries++; t.retries > maxRetries {
		c.endScan(t)
		return
	}
	c.retryLater(t)
}

func (c *client) endScan(t *task) {
	s := t.scan
	if s.conn != nil {
		s.conn.held, s.conn = false, nil
	}
	s.end = c.cluster.World.Now()
	c.underWay--
}

// describe tells of a scan in one line.
func (s *scan) describe() string {
	keys := 0
	for i := range s.steps {
		keys += len(s.steps[i].keys)
	}
	outcome := "gave up"
	if s.whole {
		outcome = fmt.Sprintf("whole, at %v", s.end)
	}
	return fmt.Sprintf("%s %s %s %s → %d keys by %d calls, %s",
		clientName(s.client), scanInstruction, s.near, strings.Join(s.options, " "), keys, len(s.steps), outcome)
}
