plugins {
    alias(libs.plugins.android.application)
}

android {
    namespace = "dev.oarlock.demo"
    compileSdk = libs.versions.compileSdk.get().toInt()
    ndkVersion = libs.versions.ndk.get()

    defaultConfig {
        applicationId = "dev.oarlock.demo"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = 1
        versionName = coreVersion()
        ndk {
            abiFilters += listOf("arm64-v8a", "armeabi-v7a")
        }
        externalNativeBuild {
            cmake {
                // Paddle Lite's archives for c++_shared bring the same C++ library.
                arguments += "-DANDROID_STL=c++_shared"
                targets += listOf("oarlock_jni", "oarlock", "oarlock_lite_light_2_12")
            }
        }
    }

    externalNativeBuild {
        cmake {
            path = file("src/main/cpp/CMakeLists.txt")
            version = libs.versions.cmake.get()
        }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }

    sourceSets {
        // Bundles, and Paddle Lite's libraries by ABI; not in git. docs/android.md says how they get there.
        named("main") {
            assets.directories.add("deployed/assets")
            jniLibs.directories.add("deployed/jniLibs")
        }
    }

    androidResources {
        // Models are read as they are; compressed they would gain little and cost a copy in memory.
        noCompress += listOf("nb", "npy")
        // Neither of the names that tools drop by default occurs in a bundle.
        ignoreAssetsPattern = "!.git:!.DS_Store"
    }

    packaging {
        // The core opens Paddle Lite's library as a file, so the installer has to unpack it.
        jniLibs.useLegacyPackaging = true
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    testOptions {
        unitTests.all { it.useJUnitPlatform() }
    }
}

kotlin {
    compilerOptions {
        allWarningsAsErrors = true
    }
}

dependencies {
    testImplementation(libs.junit.jupiter)
    testRuntimeOnly(libs.junit.launcher)
}

/** The version of the core, so that no other place has to name it. */
fun coreVersion(): String {
    val header = rootDir.resolve("../native/include/oarlock.h").readText()
    return Regex("#define OARLOCK_VERSION \"(.+)\"").find(header)!!.groupValues[1]
}
