package command

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// bitActions are the commands on bits. Their model is a text of the digits 0 and 1.
func (m *commandMachine) bitActions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"setbit":       m.setbit,
		"bitcount":     m.bitcount,
		"bitpos":       m.bitpos,
		"bitop":        m.bitop,
		"bitfield":     m.bitfield,
		"bitfield too": m.bitfield,
	}
}

// digits spells the bits of a string.
func digits(value string) string {
	var text strings.Builder
	for i := range len(value) {
		fmt.Fprintf(&text, "%08b", value[i])
	}
	return text.String()
}

// undigits returns the string of which digits are the bits, filled up to whole bytes with zeros.
func undigits(digits string) string {
	var text strings.Builder
	for ; digits != ""; digits = digits[min(8, len(digits)):] {
		number, _ := strconv.ParseUint((digits + "0000000")[:8], 2, 8)
		text.WriteByte(byte(number))
	}
	return text.String()
}

// padded fills digits up to a length.
func padded(digits string, length int) string {
	return digits + strings.Repeat("0", max(0, length-len(digits)))
}

func (m *commandMachine) setbit(t *rapid.T) {
	key := keyName(t)
	offset := rapid.IntRange(0, 410).Draw(t, "offset")
	bit := rapid.SampledFrom([]string{"0", "1"}).Draw(t, "bit")
	if offset >= m.node.context.MaxStringLength*8 {
		m.expect(t, "-ERR bit offset is not an integer or out of range\r\n", "SETBIT", key, strconv.Itoa(offset), bit)
		return
	}
	k := m.keys[key]
	before := padded(digits(k.value), offset+1)
	m.expect(t, replyBit(before[offset] == '1'), "GETBIT", key, strconv.Itoa(offset))
	k.value = undigits(before[:offset] + bit + before[offset+1:])
	m.keys[key] = k
	m.expect(t, replyBit(before[offset] == '1'), "SETBIT", key, strconv.Itoa(offset), bit)
}

// drawBitRange returns the arguments of a range and the digits that lie in it, of which the first has the index from.
func (m *commandMachine) drawBitRange(t *rapid.T, text string) (args []string, part string, from int) {
	start, end := rapid.IntRange(-70, 70).Draw(t, "start"), rapid.IntRange(-70, 70).Draw(t, "end")
	args = []string{strconv.Itoa(start), strconv.Itoa(end)}
	width := 8
	if unit := rapid.SampledFrom([]string{"", "BYTE", "BIT"}).Draw(t, "unit"); unit != "" {
		args = append(args, unit)
		if unit == "BIT" {
			width = 1
		}
	}
	length := len(text) / width
	if start < 0 {
		start = max(0, length+start)
	}
	if end < 0 {
		end = max(0, length+end)
	}
	end = min(end, length-1)
	if start > end {
		return args, "", 0
	}
	return args, text[start*width : (end+1)*width], start * width
}

func (m *commandMachine) bitcount(t *rapid.T) {
	key := keyName(t)
	text := digits(m.keys[key].value)
	m.expect(t, replyInt(int64(strings.Count(text, "1"))), "BITCOUNT", key)
	args, part, _ := m.drawBitRange(t, text)
	start, _ := strconv.Atoi(args[0])
	end, _ := strconv.Atoi(args[1])
	if start < 0 && end < 0 && start > end {
		part = ""
	}
	m.expect(t, replyInt(int64(strings.Count(part, "1"))), append([]string{"BITCOUNT", key}, args...)...)
}

func (m *commandMachine) bitpos(t *rapid.T) {
	key := keyName(t)
	k, present := m.keys[key]
	text := digits(k.value)
	bit := rapid.SampledFrom([]string{"0", "1"}).Draw(t, "bit")
	position := strings.Index(text, bit)
	if position < 0 && bit == "0" && (text != "" || !present) {
		position = len(text) // zeros follow
	}
	m.expect(t, replyInt(int64(position)), "BITPOS", key, bit)

	args, part, from := m.drawBitRange(t, text)
	position = strings.Index(part, bit)
	switch {
	case !present && bit == "0":
		position = 0
	case position >= 0:
		position += from
	}
	m.expect(t, replyInt(int64(position)), append([]string{"BITPOS", key, bit}, args...)...)
}

func (m *commandMachine) bitop(t *rapid.T) {
	destination, sources := keyName(t), keyNames(t)
	name := rapid.SampledFrom([]string{"AND", "OR", "XOR", "NOT"}).Draw(t, "operation")
	if name == "NOT" {
		sources = sources[:1]
	}
	length := 0
	for _, key := range sources {
		length = max(length, len(m.keys[key].value))
	}
	result := make([]byte, length)
	for i := range result {
		for n, key := range sources {
			var b byte
			if value := m.keys[key].value; i < len(value) {
				b = value[i]
			}
			switch {
			case name == "NOT":
				result[i] = 255 - b
			case n == 0:
				result[i] = b
			case name == "AND":
				result[i] &= b
			case name == "OR":
				result[i] |= b
			case name == "XOR":
				result[i] ^= b
			}
		}
	}
	if length > 0 {
		m.keys[destination] = mapKey{value: string(result)}
	} else {
		delete(m.keys, destination)
	}
	m.expect(t, replyInt(int64(length)), append([]string{"BITOP", name, destination}, sources...)...)
}

// bitfield runs some operations, computed with integers of any size.
func (m *commandMachine) bitfield(t *rapid.T) {
	key := keyName(t)
	k, present := m.keys[key]
	text, rule, wrote := digits(k.value), "WRAP", false
	args := []string{"BITFIELD", key}
	var ends []int
	type operation struct {
		name, rule    string
		signed        bool
		width, offset int
		operand       int64
	}
	var operations []operation
	for range rapid.IntRange(1, 4).Draw(t, "operations") {
		if rapid.Bool().Draw(t, "overflow") {
			rule = rapid.SampledFrom([]string{"WRAP", "SAT", "FAIL"}).Draw(t, "rule")
			args = append(args, "OVERFLOW", rule)
		}
		o := operation{rule: rule, signed: rapid.Bool().Draw(t, "signed"), offset: rapid.IntRange(0, 100).Draw(t, "offset")}
		o.name = rapid.SampledFrom([]string{"GET", "SET", "INCRBY"}).Draw(t, "name")
		o.width = rapid.IntRange(1, 63).Draw(t, "width")
		kind := "u"
		if o.signed {
			kind, o.width = "i", o.width+1
		}
		args = append(args, o.name, kind+strconv.Itoa(o.width), strconv.Itoa(o.offset))
		if o.name != "GET" {
			o.operand = rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64()).Draw(t, "operand")
			args = append(args, strconv.FormatInt(o.operand, 10))
			wrote = true
			ends = append(ends, o.offset+o.width)
		}
		operations = append(operations, o)
	}
	for _, end := range ends {
		text = padded(text, (end+7)/8*8)
	}
	want := fmt.Sprintf("*%d\r\n", len(operations))
	for _, o := range operations {
		before := fieldValue(padded(text, o.offset+o.width)[o.offset:o.offset+o.width], o.signed)
		if o.name == "GET" {
			want += replyInt(before.Int64())
			continue
		}
		after := big.NewInt(o.operand)
		if o.name == "INCRBY" {
			after.Add(after, before)
		} else if !o.signed {
			after.SetUint64(uint64(o.operand))
		}
		bits, ok := fieldBits(after, o.signed, o.width, o.rule)
		switch {
		case !ok:
			want += replyNull
			continue
		case o.name == "SET":
			want += replyInt(before.Int64())
		default:
			want += replyInt(fieldValue(bits, o.signed).Int64())
		}
		text = text[:o.offset] + bits + text[o.offset+o.width:]
	}
	if wrote || present {
		k.value = undigits(text)
		m.keys[key] = k
	}
	m.expect(t, want, args...)
}

// fieldValue reads digits as an integer, in two's complement if it is signed.
func fieldValue(bits string, signed bool) *big.Int {
	value, _ := new(big.Int).SetString(bits, 2)
	if signed && bits[0] == '1' {
		value.Sub(value, new(big.Int).Lsh(big.NewInt(1), uint(len(bits))))
	}
	return value
}

// fieldBits spells an integer in some digits, under a rule for one that does not fit.
func fieldBits(value *big.Int, signed bool, width int, rule string) (bits string, ok bool) {
	modulus := new(big.Int).Lsh(big.NewInt(1), uint(width))
	least, beyond := new(big.Int), new(big.Int).Set(modulus)
	if signed {
		beyond.Rsh(modulus, 1)
		least.Neg(beyond)
	}
	if value.Cmp(least) < 0 || value.Cmp(beyond) >= 0 {
		switch {
		case rule == "FAIL":
			return "", false
		case rule == "SAT" && value.Cmp(least) < 0:
			value = least
		case rule == "SAT":
			value = beyond.Sub(beyond, big.NewInt(1))
		}
	}
	return fmt.Sprintf("%0*b", width, new(big.Int).Mod(value, modulus)), true
}
