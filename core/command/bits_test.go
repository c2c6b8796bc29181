package command

import (
	"math"
	"math/big"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
)

// The effects of commands on bits carry what has changed, not the string.
func TestBitsAreLoggedAlone(t *testing.T) {
	n := newTestNode()
	n.expect(t, "SETRANGE k 100000 x", ":100001\r\n")
	for _, c := range []struct {
		line    string
		effects int
	}{
		{"SETBIT k 5 1", 1}, {"SETBIT k 5 1", 0}, {"SETBIT k 6 0", 0}, {"SETBIT new 6 0", 1}, {"GETBIT k 5", 0},
		{"SETRANGE k 50 xyz", 1}, {"SETRANGE k 50", 0},
		{"BITFIELD k SET u8 0 1 INCRBY i64 8 -1 SET u8 80 7 GET u8 0", 1},
		{"BITFIELD k SET u8 0 1 GET u8 0", 0}, {"BITFIELD k GET u8 0", 0}, {"BITFIELD k OVERFLOW FAIL SET u8 0 256", 0},
		{"BITFIELD new2 OVERFLOW FAIL SET u8 0 256", 1},
	} {
		start, effects := len(n.log), 0
		n.run(c.line)
		for rest := n.log[start:]; len(rest) > 0; effects++ {
			e, size, err := keyspace.DecodeEffect(rest)
			if err != nil || e.Kind != keyspace.Overwrite || size > 30 {
				t.Errorf("%s: %v of %d bytes, %v", c.line, e, size, err)
			}
			rest = rest[size:]
		}
		if effects != c.effects {
			t.Errorf("%s: %d effects, want %d", c.line, effects, c.effects)
		}
	}
	n.check(t)
}

func TestStringsHaveALimit(t *testing.T) {
	n := newTestNode()
	n.context.MaxStringLength = 10
	tooLong, badOffset := "-"+string(errStringTooLong)+"\r\n", "-"+string(errBitOffset)+"\r\n"
	n.expect(t, "SETRANGE k 8 abc", tooLong)
	n.expect(t, "SETRANGE k 11 a", tooLong)
	n.expect(t, "SETRANGE k 7 abc", ":10\r\n")
	n.expect(t, "SETBIT k 80 1", badOffset)
	n.expect(t, "SETBIT k 79 1", ":1\r\n")
	n.expect(t, "GETBIT k 80", badOffset)
	n.expect(t, "BITFIELD k GET u8 80", badOffset)
	n.expect(t, "BITFIELD k GET u8 #10", badOffset)
	n.expect(t, "BITFIELD k GET u8 #9223372036854775807", badOffset)
	n.expect(t, "BITFIELD k GET u8 #9", "*1\r\n:99\r\n")
	n.expect(t, "LCS k k", "-"+string(errLCSMemory)+"\r\n")
	n.context.MaxStringLength = math.MaxInt // more than an effect can carry
	n.expect(t, "SETRANGE k 536870912 a", tooLong)
	n.check(t)
}

// At the limits of every type, with operands at the limits of 64 bits.
func TestFieldOverflowsAgreeWithBigIntegers(t *testing.T) {
	rules := map[overflowRule]string{overflowWraps: "WRAP", overflowSaturates: "SAT", overflowFails: "FAIL"}
	check := func(kind fieldType, exact *big.Int, rule overflowRule, got int64, ok bool) {
		bits, fits := fieldBits(exact, kind.signed, kind.bits, rules[rule])
		if ok != fits || ok && fieldValue(bits, kind.signed).Int64() != got {
			t.Errorf("%+v, %s: %v becomes %d, %t", kind, rules[rule], exact, got, ok)
		}
	}
	operands := []int64{math.MinInt64, math.MinInt64 + 1, -256, -2, -1, 0, 1, 2, 255, math.MaxInt64 - 1, math.MaxInt64}
	for width := 1; width <= 64; width++ {
		for _, kind := range []fieldType{{signed: true, bits: width}, {bits: min(width, 63)}} {
			least, greatest := kind.limits()
			for rule := overflowWraps; rule <= overflowFails; rule++ {
				for _, operand := range operands {
					for _, value := range []int64{least, least + 1, 0, greatest - 1, greatest} {
						got, ok := kind.add(value, operand, rule)
						check(kind, new(big.Int).Add(big.NewInt(value), big.NewInt(operand)), rule, got, ok)
					}
					exact := big.NewInt(operand)
					if !kind.signed {
						exact.SetUint64(uint64(operand))
					}
					got, ok := kind.fit(operand, rule)
					check(kind, exact, rule, got, ok)
				}
			}
		}
	}
}
