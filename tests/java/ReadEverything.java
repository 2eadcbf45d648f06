import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * Reads a database as a BI tool does: asks the driver for schemas, tables and columns, then reads
 * every table whole, and asks again by prepared statements.
 *
 * <p>Writes one fact a line, fields separated by tabs, the same for every engine: values as exact
 * text, rows sorted.
 *
 * <pre>
 * schema    catalog  schema
 * table     schema  table  description
 * column    schema  table  column  type  nullable  description
 * result    schema  table  column  type
 * row       schema  table  value ...
 * prepared  schema  table  column  type  rows that have the value, by reading  by asking
 * </pre>
 *
 * <p>Arguments: the URL, the catalog, the schemas to read separated by commas, and the driver's
 * properties as {@code name=value}.
 */
final class ReadEverything {
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS");

    private final Connection connection;
    private final String catalog;
    private final Set<JDBCType> prepared = EnumSet.noneOf(JDBCType.class);

    private ReadEverything(Connection connection, String catalog) {
        this.connection = connection;
        this.catalog = catalog;
    }

    public static void main(String[] arguments) throws SQLException {
        Properties properties = new Properties();
        for (String argument : List.of(arguments).subList(3, arguments.length)) {
            int equals = argument.indexOf('=');
            properties.setProperty(argument.substring(0, equals), argument.substring(equals + 1));
        }
        try (Connection connection = DriverManager.getConnection(arguments[0], properties)) {
            ReadEverything reader = new ReadEverything(connection, arguments[1]);
            reader.listSchemas();
            for (String schema : arguments[2].split(",")) {
                for (Table table : reader.listTables(schema)) {
                    reader.read(table);
                }
            }
        }
    }

    /** A table, and its columns with the types that the driver's metadata announces. */
    private record Table(String schema, String name, List<Column> columns) {}

    private record Column(String name, JDBCType type) {}

    private void listSchemas() throws SQLException {
        try (ResultSet schemas = connection.getMetaData().getSchemas()) {
            while (schemas.next()) {
                write("schema", schemas.getString("TABLE_CATALOG"), schemas.getString("TABLE_SCHEM"));
            }
        }
    }

    private List<Table> listTables(String schema) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        String[] kinds = {"TABLE", "VIEW"};
        List<Table> tables = new ArrayList<>();
        try (ResultSet found = metadata.getTables(catalog, literally(schema), "%", kinds)) {
            while (found.next()) {
                String name = found.getString("TABLE_NAME");
                write("table", schema, name, found.getString("REMARKS"));
                tables.add(new Table(schema, name, new ArrayList<>()));
            }
        }
        // One call for all tables: that is what tools do, and on Trino a call takes a second.
        try (ResultSet found = metadata.getColumns(catalog, literally(schema), "%", "%")) {
            while (found.next()) {
                JDBCType type = JDBCType.valueOf(found.getInt("DATA_TYPE"));
                Column column = new Column(found.getString("COLUMN_NAME"), type);
                String table = found.getString("TABLE_NAME");
                tables.stream()
                        .filter(one -> one.name.equals(table))
                        .findFirst()
                        .orElseThrow(() -> new SQLException("columns without a table: " + table))
                        .columns
                        .add(column);
                String text = typeName(
                        type, found.getInt("COLUMN_SIZE"), found.getInt("DECIMAL_DIGITS"));
                String nullable = found.getString("IS_NULLABLE");
                String remarks = found.getString("REMARKS");
                write("column", schema, table, column.name, text, nullable, remarks);
            }
        }
        return tables;
    }

    private void read(Table table) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select * from " + fullName(table))) {
            ResultSetMetaData shape = result.getMetaData();
            for (int position = 1; position <= shape.getColumnCount(); position++) {
                JDBCType type = JDBCType.valueOf(shape.getColumnType(position));
                String text = typeName(
                        type, shape.getPrecision(position), shape.getScale(position));
                write("result", table.schema, table.name, shape.getColumnLabel(position), text);
            }
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int position = 1; position <= shape.getColumnCount(); position++) {
                    row.add(value(result, position, shape.getColumnType(position)));
                }
                rows.add(row);
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            lines.add(line("row", table.schema, table.name) + "\t" + line(row.toArray(String[]::new)));
        }
        Collections.sort(lines);
        lines.forEach(System.out::println);
        for (int position = 0; position < table.columns.size(); position++) {
            // Once for each type of the database.
            if (!rows.isEmpty() && !prepared.contains(table.columns.get(position).type)) {
                ask(table, position, rows);
            }
        }
    }

    /** Count the rows with the least and the greatest value of a column, by a prepared statement. */
    private void ask(Table table, int position, List<List<String>> rows) throws SQLException {
        Column column = table.columns.get(position);
        List<String> values = rows.stream().map(row -> row.get(position))
                .filter(value -> value != null).sorted().toList();
        if (values.isEmpty()) {
            return;
        }
        String query = "select count(*) from " + fullName(table)
                + " where \"" + column.name + "\" = ?";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (String value : List.of(values.get(0), values.get(values.size() - 1))) {
                bind(statement, column.type, value);
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    long expected = Collections.frequency(values, value);
                    write("prepared", table.schema, table.name, column.name, column.type.getName(),
                            Long.toString(expected), Long.toString(result.getLong(1)));
                }
            }
        }
        prepared.add(column.type);
    }

    private static String value(ResultSet result, int position, int type) throws SQLException {
        if (result.getObject(position) == null) {
            return null;
        }
        return switch (type) {
            case Types.BOOLEAN -> Boolean.toString(result.getBoolean(position));
            case Types.INTEGER -> Integer.toString(result.getInt(position));
            case Types.BIGINT -> Long.toString(result.getLong(position));
            case Types.DECIMAL -> result.getBigDecimal(position).toPlainString();
            case Types.DATE -> result.getDate(position).toLocalDate().toString();
            case Types.TIMESTAMP -> MICROSECONDS.format(
                    result.getTimestamp(position).toLocalDateTime());
            case Types.VARCHAR -> result.getString(position);
            default -> throw new SQLException("no public column has the type " + type);
        };
    }

    private static void bind(PreparedStatement statement, JDBCType type, String value)
            throws SQLException {
        switch (type) {
            case BOOLEAN -> statement.setBoolean(1, Boolean.parseBoolean(value));
            case INTEGER -> statement.setInt(1, Integer.parseInt(value));
            case BIGINT -> statement.setLong(1, Long.parseLong(value));
            case DECIMAL -> statement.setBigDecimal(1, new BigDecimal(value));
            case DATE -> statement.setDate(1, Date.valueOf(LocalDate.parse(value)));
            // Not setTimestamp: Trino's driver cuts its value to milliseconds.
            case TIMESTAMP -> statement.setObject(1, LocalDateTime.parse(value, MICROSECONDS));
            case VARCHAR -> statement.setString(1, value);
            default -> throw new SQLException("no public column has the type " + type);
        }
    }

    private String fullName(Table table) {
        return "\"" + catalog + "\".\"" + table.schema + "\".\"" + table.name + "\"";
    }

    /** A name as a pattern: the calls for metadata take _ for any character. */
    private String literally(String name) throws SQLException {
        return name.replace("_", connection.getMetaData().getSearchStringEscape() + "_");
    }

    private static String typeName(JDBCType type, int precision, int scale) {
        boolean isDecimal = type == JDBCType.DECIMAL;
        return type.getName() + (isDecimal ? "(" + precision + "," + scale + ")" : "");
    }

    private static void write(String... fields) {
        System.out.println(line(fields));
    }

    private static String line(String... fields) {
        List<String> escaped = new ArrayList<>();
        for (String field : fields) {
            escaped.add(field == null ? "\\N" : field.replace("\\", "\\\\")
                    .replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r"));
        }
        return String.join("\t", escaped);
    }
}
