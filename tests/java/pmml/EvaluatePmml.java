import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.FieldValue;
import org.jpmml.evaluator.InputField;
import org.jpmml.evaluator.LoadingModelEvaluatorBuilder;
import org.jpmml.evaluator.OutputField;

/**
 * Scores rows by a PMML file, as any program with a PMML engine would.
 *
 * <p>Argument: the file. Input: names of fields, then rows, both tab-separated; {@code \N} is a missing
 * value. Output: the names of the model's outputs, then their values for each row.
 */
final class EvaluatePmml {
    private static final String MISSING = "\\N";

    private EvaluatePmml() {}

    public static void main(String[] arguments) throws Exception {
        Evaluator evaluator = new LoadingModelEvaluatorBuilder().load(new File(arguments[0])).build();
        evaluator.verify();
        StringJoiner names = new StringJoiner("\t");
        for (OutputField field : evaluator.getOutputFields()) {
            names.add(field.getName());
        }
        System.out.println(names);
        evaluateAll(evaluator);
    }

    private static void evaluateAll(Evaluator evaluator) throws IOException {
        BufferedReader rows =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String[] fields = rows.readLine().split("\t", -1);
        for (String row = rows.readLine(); row != null; row = rows.readLine()) {
            String[] values = row.split("\t", -1);
            Map<String, String> given = new LinkedHashMap<>();
            for (int position = 0; position < fields.length; position++) {
                String value = values[position];
                given.put(fields[position], value.equals(MISSING) ? null : value);
            }
            System.out.println(evaluated(evaluator, given));
        }
    }

    private static StringJoiner evaluated(Evaluator evaluator, Map<String, String> given) {
        Map<String, FieldValue> prepared = new LinkedHashMap<>();
        for (InputField field : evaluator.getInputFields()) {
            prepared.put(field.getName(), field.prepare(given.get(field.getName())));
        }
        Map<String, ?> found = evaluator.evaluate(prepared);
        StringJoiner outputs = new StringJoiner("\t");
        for (OutputField field : evaluator.getOutputFields()) {
            outputs.add(String.valueOf(found.get(field.getName())));
        }
        return outputs;
    }
}
