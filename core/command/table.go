package command

import (
	"cmp"
	"slices"
	"strings"
)

// table holds all rows.
type table struct {
	// rows are the commands without the subcommands, sorted by name.
	rows []*Row
	// byName finds a row of rows.
	byName index
	// numbered are the rows and their subcommands, by number.
	numbered []*Row
}

// commands is filled by init, since the functions of some rows read it.
var commands table

func init() {
	commands = newTable(stringRows, setVariantRows, substringRows, floatRows, bitmapRows, keyRows, allKeyRows, expiryRows, renameRows,
		dumpRows, clockRows, connectionRows, introspectionRows, serverRows, clusterRows, transactionRows, pubsubRows, diagnosticRows)
}

func newTable(groups ...[]*Row) table {
	var t table
	for _, group := range groups {
		for _, row := range group {
			t.rows = append(t.rows, row)
			slices.SortFunc(row.Subcommands, compareNames)
		}
	}
	slices.SortFunc(t.rows, compareNames)
	t.byName = newIndex(t.rows)
	for _, row := range t.rows {
		t.number(row)
		for _, subcommand := range row.Subcommands {
			t.number(subcommand)
		}
	}
	return t
}

func (t *table) number(row *Row) {
	row.number, row.constant = len(t.numbered), strings.HasPrefix(row.Complexity, "O(1)")
	t.numbered = append(t.numbered, row)
}

func compareNames(a, b *Row) int { return cmp.Compare(a.Name, b.Name) }

// Lookup returns the command of that name, in any letter case, or nil.
func Lookup(name []byte) *Row { return commands.byName.find(name) }

// Rows returns the commands, without subcommands, in the order of their names. The caller must not change them.
func Rows() []*Row { return commands.rows }

// Resolve returns the row that executes a command: for a container with arguments that of its subcommand. It returns
// nil if there is none; Refusal tells why. The arguments must not be empty.
func Resolve(args [][]byte) *Row {
	row := Lookup(args[0])
	if row == nil || len(row.Subcommands) == 0 || len(args) == 1 {
		return row
	}
	return row.subcommand(args[1])
}

// byFullName returns the command or subcommand of a name such as "get" or "Cluster|KeySlot", or nil.
func byFullName(name []byte) *Row {
	container, subcommand, qualified := strings.Cut(string(name), "|")
	row := Lookup([]byte(container))
	if row == nil || !qualified {
		return row
	}
	return row.subcommand([]byte(subcommand))
}
