package command

import "strings"

// describeKeys writes the key specifications of COMMAND INFO: how a client finds the keys among the arguments.
func (c *Context) describeKeys(row *Row) {
	switch {
	case len(row.KeyParts) > 0:
		c.Reply.Set(len(row.KeyParts))
		for i := range row.KeyParts {
			c.describeKeySpec(&row.KeyParts[i])
		}
	case row.Keys.Step > 0:
		c.Reply.Set(1)
		c.describeKeySpec(&row.Keys)
	default:
		c.Reply.Set(0)
	}
}

func (c *Context) describeKeySpec(keys *KeySpec) {
	w := c.Reply
	if keys.Notes != "" {
		w.Map(4)
		w.BulkString("notes")
		w.BulkString(keys.Notes)
	} else {
		w.Map(3)
	}
	w.BulkString("flags")
	c.statusSet(strings.Fields(keys.Flags))

	w.BulkString("begin_search")
	w.Map(2)
	w.BulkString("type")
	w.BulkString("index")
	w.BulkString("spec")
	w.Map(1)
	c.fieldInt("index", keys.First)

	w.BulkString("find_keys")
	w.Map(2)
	w.BulkString("type")
	w.BulkString("range")
	w.BulkString("spec")
	w.Map(3)
	last := keys.Last
	if last >= 0 {
		last -= keys.First // a last key that does not count from the end counts from the first
	}
	c.fieldInt("lastkey", last)
	c.fieldInt("keystep", keys.Step)
	c.fieldInt("limit", 0)
}

// commandDocs writes a map from names to documentation. Names that are unknown are left out.
func commandDocs(c *Context) {
	rows := commands.rows
	if names := c.Args[2:]; len(names) > 0 {
		rows = nil
		for _, name := range names {
			if row := byFullName(name); row != nil {
				rows = append(rows, row)
			}
		}
	}
	c.documentRows(rows)
}

func (c *Context) documentRows(rows []*Row) {
	c.Reply.Map(len(rows))
	for _, row := range rows {
		c.Reply.BulkString(row.Name)
		c.document(row)
	}
}

// document writes the map that documents a command.
func (c *Context) document(row *Row) {
	fields := []Field{
		{"summary", row.Summary}, {"since", row.Since}, {"group", row.Group}, {"complexity", row.Complexity},
	}
	size := len(fields)
	deprecated := row.DeprecatedSince != ""
	if deprecated {
		size += 3
	}
	for _, present := range [...]bool{row.Internal, len(row.Arguments) > 0, len(row.Subcommands) > 0} {
		if present {
			size++
		}
	}
	c.Reply.Map(size)
	for _, field := range fields {
		c.field(field.Name, field.Value)
	}
	if deprecated {
		c.Reply.BulkString("doc_flags")
		c.statusSet([]string{"deprecated"})
		c.field("deprecated_since", row.DeprecatedSince)
		c.field("replaced_by", row.ReplacedBy)
	}
	if row.Internal {
		c.Reply.BulkString("doc_flags")
		c.statusSet([]string{"syscmd"})
	}
	if len(row.Arguments) > 0 {
		c.Reply.BulkString("arguments")
		c.documentArguments(row.Arguments)
	}
	if len(row.Subcommands) > 0 {
		c.Reply.BulkString("subcommands")
		c.documentRows(row.Subcommands)
	}
}

func (c *Context) documentArguments(arguments []Argument) {
	c.Reply.Array(len(arguments))
	for i := range arguments {
		c.documentArgument(&arguments[i])
	}
}

// documentArgument writes the map that documents an argument. Every field of it is optional but the name and the type.
func (c *Context) documentArgument(a *Argument) {
	fields := []Field{{"name", a.Name}, {"type", string(a.Type)}}
	if !a.composite() {
		fields = append(fields, Field{"display_text", a.Name})
	}
	after := fields[len(fields):]
	if a.Token != "" {
		after = append(after, Field{"token", a.Token})
	}
	if a.Since != "" {
		after = append(after, Field{"since", a.Since})
	}
	flags := a.flags()
	size := len(fields) + len(after)
	for _, present := range [...]bool{a.Type == KeyArgument, len(flags) > 0, a.composite()} {
		if present {
			size++
		}
	}
	c.Reply.Map(size)
	for _, field := range fields {
		c.field(field.Name, field.Value)
	}
	if a.Type == KeyArgument {
		c.fieldInt("key_spec_index", a.KeySpec)
	}
	for _, field := range after {
		c.field(field.Name, field.Value)
	}
	if len(flags) > 0 {
		c.Reply.BulkString("flags")
		c.statusSet(flags)
	}
	if a.composite() {
		c.Reply.BulkString("arguments")
		c.documentArguments(a.Arguments)
	}
}

// field writes one entry of a map.
func (c *Context) field(name, value string) {
	c.Reply.BulkString(name)
	c.Reply.BulkString(value)
}

// fieldInt writes one entry of a map.
func (c *Context) fieldInt(name string, value int) {
	c.Reply.BulkString(name)
	c.Reply.Int(int64(value))
}
