import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * Reads again and again, until a file appears, while new versions are published: through one
 * connection that stays open, and through a new connection for each read.
 *
 * <p>Version n of the tables has n in every column of the query's only row; anything else is a
 * mixed version. No connection may go back to an older one. The first error ends the program.
 *
 * <p>Arguments: the file to wait for, the URL, the query, and the driver's properties as {@code
 * name=value}. With {@code keep=false} there is no connection that stays open. Writes, for {@code
 * kept} and {@code new} connections: reads, different versions, newest version.
 */
final class ReadWhilePublishing {
    private static final int PAUSE_MILLISECONDS = 50;

    private final String query;
    private final Set<Long> versions = new HashSet<>();
    private long reads;
    private long newest;

    private ReadWhilePublishing(String query) {
        this.query = query;
    }

    public static void main(String[] arguments)
            throws SQLException, IOException, InterruptedException {
        Path stop = Path.of(arguments[0]);
        Properties properties = new Properties();
        for (String argument : List.of(arguments).subList(3, arguments.length)) {
            int equals = argument.indexOf('=');
            properties.setProperty(argument.substring(0, equals), argument.substring(equals + 1));
        }
        boolean keeps = !"false".equals(properties.remove("keep"));
        ReadWhilePublishing kept = new ReadWhilePublishing(arguments[2]);
        ReadWhilePublishing anew = new ReadWhilePublishing(arguments[2]);
        Connection open = keeps ? DriverManager.getConnection(arguments[1], properties) : null;
        boolean isLast = false;
        while (!isLast) {
            // Once more after the file is there: what was published last has to be seen.
            isLast = Files.exists(stop);
            if (open != null) {
                kept.read(open);
            }
            try (Connection connection = DriverManager.getConnection(arguments[1], properties)) {
                anew.read(connection);
            }
            if (anew.reads == 1) {
                System.out.println("reading");
            }
            Thread.sleep(PAUSE_MILLISECONDS);
        }
        if (open != null) {
            open.close();
        }
        kept.report("kept");
        anew.report("new");
    }

    private void read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            if (!result.next()) {
                throw new SQLException("no row");
            }
            long version = result.getLong(1);
            ResultSetMetaData shape = result.getMetaData();
            for (int position = 2; position <= shape.getColumnCount(); position++) {
                if (result.getLong(position) != version) {
                    throw new SQLException("version " + version + ", but "
                            + shape.getColumnLabel(position) + " is " + result.getLong(position));
                }
            }
            if (result.next() || version < newest) {
                throw new SQLException("version " + version + " after " + newest);
            }
            reads++;
            versions.add(version);
            newest = version;
        }
    }

    private void report(String connections) {
        System.out.println(connections + " " + reads + " " + versions.size() + " " + newest);
    }
}
