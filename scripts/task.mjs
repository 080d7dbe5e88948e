/** `npm run build | types | packages | api`: installs if necessary, then runs the task in every package through turbo. */
import { installPackages, runTask } from "./prepare.mjs";

installPackages();
runTask(process.argv[2] ?? "build");
