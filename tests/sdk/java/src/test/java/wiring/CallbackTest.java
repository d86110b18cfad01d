package wiring;

import static org.junit.Assert.assertEquals;
import static wiring.Fixture.GATEWAY;
import static wiring.Fixture.MEGABYTE;
import static wiring.Fixture.assertRefused;
import static wiring.Fixture.assertStored;
import static wiring.Fixture.blocks;
import static wiring.Fixture.content;
import static wiring.Fixture.file;
import static wiring.Fixture.newKey;
import static wiring.Fixture.token;
import static wiring.Fixture.uploads;

import com.qiniu.http.Response;
import com.qiniu.storage.Configuration;
import com.qiniu.storage.UploadManager;
import com.qiniu.util.StringMap;
import java.nio.file.Path;
import org.junit.Test;

public class CallbackTest {
    private static final String BODY = "size=$(fsize)&album=$(x:album)&user=$(endUser)";

    private static String callbackToken(Fixture.BusinessServer server) {
        return token("callbackUrl", server.url(), "callbackBody", BODY, "endUser", "u1");
    }

    @Test
    public void callbackIsMadeOnceAndItsJsonIsTheAnswer() throws Exception {
        try (var server = new Fixture.BusinessServer(200, "{\"key\":\"mine\",\"id\":5}")) {
            StringMap album = new StringMap().put("x:album", "7");
            Path large = file(content(5 * MEGABYTE));
            Response[] answers = {
                uploads().put(content(1000), newKey(), callbackToken(server), album, null, false),
                uploads().put(large.toString(), newKey(), callbackToken(server), album, null, false),
                new UploadManager(blocks(GATEWAY.configuration()))
                        .put(large.toString(), newKey(), callbackToken(server), album, null, false),
            };
            for (Response answer : answers) {
                assertEquals("{\"key\":\"mine\",\"id\":5}", answer.bodyString());
            }
            assertEquals(3, server.calls.size());
            assertEquals("size=1000&album=7&user=u1", server.calls.get(0).body());
            assertEquals("size=5242880&album=7&user=u1", server.calls.get(1).body());
        }
    }

    @Test
    public void jsonCallbackIsVerified() throws Exception {
        try (var server = new Fixture.BusinessServer(200, "{\"key\":\"mine\"}")) {
            uploads().put(content(10), newKey(), token("callbackUrl", server.url(), "callbackBody",
                    "{\"size\":$(fsize)}", "callbackBodyType", "application/json"));
            assertEquals("{\"size\":10}", server.calls.get(0).body());
        }
    }

    @Test
    public void refusedCallbackIs579() throws Exception {
        try (var server = new Fixture.BusinessServer(500, "{\"error\":\"no\"}");
                var line = new Fixture.Line(request -> false)) {
            byte[] made = content(1000);
            String key = newKey();
            Configuration configuration = line.gateway().configuration();
            assertRefused(579, () -> new UploadManager(configuration).put(made, key, callbackToken(server)));
            assertEquals(1, line.count("POST /"));
            assertStored(key, made);
        }
    }

    @Test
    public void lostAnswerMakesNoSecondCallback() throws Exception {
        byte[] made = content(5 * MEGABYTE);
        byte[] small = content(99);
        for (String last : new String[] {"POST /", "/mkfile/", "/uploads/"}) {
            try (var server = new Fixture.BusinessServer(200, "{\"key\":\"mine\"}");
                    var line = new Fixture.Line(request -> request.contains(last) && !request.startsWith("PUT"))) {
                Configuration configuration = line.gateway().configuration();
                if (last.equals("/mkfile/")) {
                    blocks(configuration);
                }
                UploadManager manager = new UploadManager(configuration);
                Response answer = last.equals("POST /")
                        ? manager.put(small, newKey(), callbackToken(server))
                        : manager.put(file(made).toString(), newKey(), callbackToken(server));
                assertEquals(last, "mine", answer.jsonToMap().get("key"));
                assertEquals(last, 1, server.calls.size());
            }
        }
    }
}
